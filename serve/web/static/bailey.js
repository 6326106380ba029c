// What every page does beside what its HTML does: the menu, the focus, plots and news.
import { listen } from "./news.js";

function openMenu() {
  const button = document.querySelector(".menu-button");
  const menu = document.getElementById("menu");
  if (!button || !menu) return;
  const narrow = window.matchMedia("(max-width: 767px)");
  const fit = () => {
    button.hidden = !narrow.matches;
    menu.classList.toggle("closed", narrow.matches);
    button.setAttribute("aria-expanded", "false");
  };
  narrow.addEventListener("change", fit);
  fit();
  button.addEventListener("click", () => {
    const closed = menu.classList.toggle("closed");
    button.setAttribute("aria-expanded", String(!closed));
  });
}

// Whoever cannot see is led to what is new: why a form was refused, or what a button brought.
function focusNews(root) {
  const found = root.querySelector("[data-focus]");
  if (found) found.focus();
}

// A button that asks first says with what consequence.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A list that a change of a field is enough to send.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});

async function drawPlots(root) {
  if (!root.querySelector("[data-figure]")) return;
  const { draw } = await import("./plots.js");
  draw(root);
}

document.addEventListener("htmx:afterSettle", (event) => {
  focusNews(event.target);
  drawPlots(event.target);
});
openMenu();
focusNews(document);
drawPlots(document);
listen();
