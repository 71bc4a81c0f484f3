// What a month says to screen readers, shown to those who point at it.
const tip = document.getElementById("tip");
const hide = () => { tip.hidden = true; };
const show = (event) => {
  const mark = event.target.closest("svg [aria-label][aria-roledescription=bar]");
  if (!mark) return hide();
  tip.textContent = mark.getAttribute("aria-label");
  tip.hidden = false;
  const gap = 14, box = tip.getBoundingClientRect();
  const left = event.clientX + gap + box.width > innerWidth ? event.clientX - gap - box.width : event.clientX + gap;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + gap, innerHeight - box.height - 4))}px`;
};
addEventListener("pointermove", show);
addEventListener("pointerdown", show);
document.addEventListener("pointerleave", hide);
