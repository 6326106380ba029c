// Draws the plots of a page in the colours of its theme; plotly is loaded with the page.
/* global Plotly */

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

export function draw(root) {
  for (const place of root.querySelectorAll("[data-figure]")) {
    const figure = JSON.parse(place.dataset.figure);
    Plotly.react(place, figure.data, themed(figure), { displayModeBar: false, responsive: true });
  }
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(document));
