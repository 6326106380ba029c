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
  return layout;
}

export async function draw(root) {
  const first = root.querySelector("[data-figure]");
  if (!first) return;
  await loadPlotly(first.dataset.plotly);
  for (const place of root.querySelectorAll("[data-figure]")) {
    const figure = JSON.parse(place.dataset.figure);
    Plotly.react(place, figure.data, themed(figure), { displayModeBar: false, responsive: true });
  }
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(document));
