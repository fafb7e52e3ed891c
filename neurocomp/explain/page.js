"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Blanks that can be seen.
function shown(text) {
  return text.replaceAll(" ", "␣").replaceAll("\n", "¶").replaceAll("\t", "→");
}

function row(table, name, value, share, isOwn) {
  const line = element("tr", undefined, isOwn ? "own" : "");
  const bar = element("td", undefined, "bar");
  const filled = element("span");
  filled.style.width = `${Math.min(100, 100 * share)}%`;
  bar.append(filled);
  line.append(element("td", name), element("td", value), bar);
  table.append(line);
}

// What is known of one symbol: its cost, what parts of the model would have spent, the likeliest.
function describe(entry) {
  const box = element("div");
  const head = element("div");
  head.append(element("b", shown(data.texts[entry] ?? "")), ` ${data.kinds[data.kind[entry]]}`);
  if (data.offset[entry] >= 0) head.append(`, byte ${data.offset[entry]}`);
  box.append(head);
  const costs = element("table");
  const bits = data.bits[entry];
  const all = [["cost", bits]];
  for (const [name, list] of Object.entries(data.opinions)) all.push([name, list[entry]]);
  if (data.against) all.push([data.against_model, data.against[entry]]);
  const most = Math.max(...all.map((one) => one[1] ?? 0), 1e-9);
  for (const [name, value] of all) {
    if (value === null || value === undefined) row(costs, name, "nothing to say", 0, false);
    else row(costs, name, `${value.toFixed(2)} bits`, value / most, name === "cost");
  }
  box.append(costs);
  const likely = data.likely[entry];
  if (likely) {
    box.append(element("div", "likeliest before it:", "quiet"));
    const list = element("table");
    for (let k = 0; k < likely.length; k += 2) {
      const share = likely[k + 1] / 10000;
      row(list, shown(data.labels[likely[k]]), `${(100 * share).toFixed(2)} %`, share, false);
    }
    box.append(list);
  }
  return box;
}

function show(event) {
  const cell = event.target.closest(".c");
  if (!cell) {
    tip.style.display = "none";
    return;
  }
  const first = Number(cell.dataset.e);
  const count = Number(cell.dataset.n ?? 1);
  tip.replaceChildren();
  for (let entry = first; entry < first + Math.min(count, 4); ++entry) tip.append(describe(entry));
  tip.style.display = "block";
  const box = tip.getBoundingClientRect();
  const place = cell.getBoundingClientRect();
  const below = place.bottom + 8 + box.height < innerHeight;
  tip.style.top = `${below ? place.bottom + 8 : Math.max(4, place.top - box.height - 8)}px`;
  tip.style.left = `${Math.max(4, Math.min(place.left, innerWidth - box.width - 12))}px`;
}

document.addEventListener("mouseover", show);
document.addEventListener("click", show);
document.addEventListener("scroll", () => { tip.style.display = "none"; });
document.getElementById("bare")?.addEventListener("change", (event) => {
  document.querySelector(".cards").classList.toggle("bare", event.target.checked);
});
document.documentElement.dataset.ready = "yes";
