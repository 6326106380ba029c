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

// What changes by itself is read out, politely and at most once a minute.
const OFTEN = 60000;
let toldAt = 0;
let toldLast = document.querySelector("[data-tells]")?.textContent.trim();

function tellChanges() {
  const text = document.querySelector("[data-tells]")?.textContent.trim();
  const place = document.querySelector("[data-told]");
  if (!text || !place || text === toldLast || Date.now() - toldAt < OFTEN) return;
  toldAt = Date.now();
  toldLast = text;
  place.textContent = text;
}

// How long something is still kept: the server says until when, by a clock that may be another.
function countDown() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const offset = Number(document.body.dataset.now) * 1000 - loaded;
    const left = Math.ceil((Date.parse(place.dataset.until) - Date.now() - offset) / 60000);
    place.textContent = left > 0 ? place.dataset.left.replace("{minutes}", left) : "";
  }
}
const loaded = Date.now();

// Where a timeline is wider than the window, this moment is in the middle of what one sees.
function showNow(root) {
  for (const line of root.querySelectorAll(".timeline line.now")) {
    const place = line.closest(".timeline");
    place.scrollLeft += line.getBoundingClientRect().left - place.getBoundingClientRect().left - place.clientWidth / 2;
  }
}

// A part that is renewed keeps what its reader opened, and where the focus is.
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";

// What tells an element from its neighbours before and after: its words, or else its name and value.
function nameOf(element) {
  return element.id || `${element.tagName} ${element.name ?? ""} ${element.value ?? ""} ${element.textContent.trim()}`;
}

const places = new Map();

function keepPlace(part) {
  const within = part.contains(document.activeElement);
  places.set(part, {
    open: [...part.querySelectorAll("details[open] > summary")].map(nameOf),
    focused: within ? nameOf(document.activeElement) : null,
  });
}

function comeBack(renewed, place) {
  for (const summary of renewed.querySelectorAll("details > summary")) {
    if (place.open.includes(nameOf(summary))) summary.parentElement.open = true;
  }
  if (place.focused === null || renewed.contains(document.activeElement)) return;
  const found = [...renewed.querySelectorAll(FOCUSABLE)].find((one) => nameOf(one) === place.focused);
  (found ?? document.getElementById("main")).focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (event.detail.shouldSwap && part.matches("[data-live]")) keepPlace(part);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [part, place] of places) {
    if (part.isConnected) continue;
    places.delete(part);
    const renewed = document.getElementById(part.id);
    if (renewed) comeBack(renewed, place);
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  focusNews(event.target);
  drawPlots(event.target);
  showNow(event.target);
  tellChanges();
  countDown();
});
openMenu();
focusNews(document);
drawPlots(document);
showNow(document);
countDown();
setInterval(countDown, 10000);
listen();
