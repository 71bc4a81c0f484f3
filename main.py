"""What Airbyte starts in the container: `python main.py spec | check | discover | read`."""

from source_stripe.run import main

if __name__ == "__main__":
    main()
