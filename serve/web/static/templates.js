// The editor of one's own schedule: each move is priced by the server at once, the latest wins;
// and the slider along the best compromises.

const editor = document.getElementById("editor");

function inputs() {
  return [...editor.querySelectorAll("input[name=x]")];
}

function counts() {
  return inputs().map((input) => Math.max(0, Math.trunc(Number(input.value)) || 0));
}

function drawBars() {
  const drawing = document.getElementById("drawing");
  const most = Number(drawing.dataset.most);
  const now = counts();
  for (const bar of drawing.querySelectorAll("rect.own")) {
    const height = 140 * Math.min(most, now[Number(bar.dataset.interval)]) / most;
    bar.setAttribute("y", 140 - height);
    bar.setAttribute("height", height);
  }
  for (const form of document.querySelectorAll("form[data-own]")) {
    [...form.querySelectorAll("input[name=x]")].forEach((input, n) => { input.value = now[n]; });
  }
}

let asked = null;

async function price() {
  asked?.abort();
  asked = new AbortController();
  const form = new FormData(editor);
  form.set("csrf_token", editor.dataset.csrf);
  try {
    const answer = await fetch(editor.dataset.price, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { "HX-Request": "true" },
      signal: asked.signal,
    });
    if (!answer.ok) return;
    document.getElementById("price").outerHTML = await answer.text();
    editor.dispatchEvent(new CustomEvent("priced"));
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function changed() {
  drawBars();
  price();
}

function move(from, to) {
  const all = inputs();
  if (to < 0 || to >= all.length || Number(all[from].value) < 1) return false;
  all[from].value = Number(all[from].value) - 1;
  all[to].value = Number(all[to].value) + 1;
  changed();
  return true;
}

function dragBars(drawing) {
  let from = null;
  const intervalAt = (event) => {
    const box = drawing.getBoundingClientRect();
    const units = drawing.viewBox.baseVal.width;
    const x = (event.clientX - box.left) * units / box.width - 30;
    return Math.floor(x / Number(drawing.dataset.wide));
  };
  drawing.addEventListener("pointerdown", (event) => {
    if (event.target.matches("rect.own")) {
      from = Number(event.target.dataset.interval);
      drawing.setPointerCapture(event.pointerId);
    }
  });
  drawing.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = intervalAt(event);
    if (to !== from && move(from, to)) from = to;
  });
  drawing.addEventListener("pointerup", () => { from = null; });
}

if (editor) {
  editor.addEventListener("input", (event) => {
    if (event.target.matches("input[name=x]")) changed();
  });
  editor.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[name=x]")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = inputs().indexOf(event.target);
    if (move(from, from + step)) inputs()[from + step].focus();
  });
  dragBars(document.getElementById("drawing"));
}

// Along the frontier: the dot, the figures and the schedule follow the slider.
function showPoint(slider) {
  const points = JSON.parse(slider.dataset.points);
  const point = points[Number(slider.value) - 1];
  const place = document.getElementById("plot-frontier");
  if (place?.data) Plotly.restyle(place, { x: [[point.waiting]], y: [[point.tardiness]] }, [1]);
  for (const name of ["waiting", "idle", "tardiness"]) {
    document.querySelector(`[data-point=${name}]`).textContent = `${point[name].toFixed(1)} min`;
  }
  document.querySelector("[data-point=schedule]").textContent = point.words;
  document.querySelector("input[name=point]").value = Number(slider.value) - 1;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-points]")) showPoint(event.target);
});
