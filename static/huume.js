"use strict";

// Copy buttons: hidden until there is a script that makes them work.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}

// Waiting for access: looks again each minute and moves on once there is something else to see. Never reloads what
// somebody is reading, as the meta refresh for browsers without scripts does.
const waiting = document.querySelector("[data-waiting]");
if (waiting) {
  const look = async () => {
    if (document.visibilityState === "hidden") return;
    let answer;
    try {
      answer = await fetch(location.pathname, { redirect: "manual", cache: "no-store" });
    } catch {
      return; // Offline: the next minute may do better.
    }
    const moved = answer.type === "opaqueredirect";
    if (moved || (answer.ok && !(await answer.text()).includes("data-waiting"))) location.reload();
  };
  setInterval(look, 60000);
  document.addEventListener("visibilitychange", look);
}
