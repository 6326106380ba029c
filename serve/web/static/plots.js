// Draws the plots of a page in the colours of its theme; plotly is loaded for the first of them.
/* global Plotly */

let loading;

function loadPlotly(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error("the plots could not be loaded"));
    document.head.append(script);
  });
  return loading;
}

function themed(figure) {
  const style = getComputedStyle(document.documentElement);
  const text = style.getPropertyValue("--plot-text").trim();
  const grid = style.getPropertyValue("--plot-grid").trim();
  const layout = structuredClone(figure.layout);
  Object.assign(layout, { paper_bgcolor: "transparent", plot_bgcolor: "transparent" });
  layout.font = { ...layout.font, color: text };
  for (const name of Object.keys(layout).filter((one) => /^[xy]axis/.test(one))) {
    layout[name] = { gridcolor: grid, linecolor: grid, ...layout[name] };
  }
  for (const one of layout.annotations ?? []) {
    if (one.bgcolor) one.bgcolor = style.getPropertyValue("--bs-body-bg").trim();
  }
  return layout;
}

// Where there is little room, names of colours stand below each other, and titles have two lines.
const NARROW = 480, LINE = 16, LETTERS = 22;

function fit(layout, width) {
  if (width >= NARROW) return;
  const names = (layout.annotations ?? []).filter((one) => one.yref === "paper" && one.yanchor === "bottom");
  const more = LINE * Math.max(0, names.length - 1);
  names.forEach((one, n) => Object.assign(one, { x: 0, xanchor: "left", yshift: more - LINE * n }));
  const template = layout.template.layout;
  layout.height = (layout.height ?? template.height) + more;
  layout.margin = { ...template.margin, ...layout.margin };
  layout.margin.t += more + LINE;
  const text = layout.xaxis?.title?.text ?? "";
  const space = text.length > LETTERS ? text.lastIndexOf(" ", LETTERS) : -1;
  if (space > 0) layout.xaxis.title.text = `${text.slice(0, space)}<br>${text.slice(space + 1)}`;
}

export async function draw(root) {
  const first = root.querySelector("[data-figure]");
  if (!first) return;
  await loadPlotly(first.dataset.plotly);
  for (const place of root.querySelectorAll("[data-figure]")) {
    const figure = JSON.parse(place.dataset.figure);
    const layout = themed(figure);
    fit(layout, place.clientWidth);
    Plotly.react(place, figure.data, layout, { displayModeBar: false, responsive: true });
  }
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(document));
