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
    if (value === null || value === undefined) row(costs, name, "no prediction", 0, false);
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

// The entry that begins at a byte of the content, or holds it; undefined where the page has none.
function entryAt(byte) {
  let low = 0;
  let high = data.offset.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.offset[middle] <= byte) low = middle + 1;
    else high = middle;
  }
  if (low === data.offset.length && data.offset[low - 1] !== byte) return undefined;
  return low > 0 ? low - 1 : undefined;
}

// What is known of the tile of a picture that the mouse is over: of a pixel, also of its bytes.
function describePixel(image, event) {
  const picture = data.picture;
  const place = image.getBoundingClientRect();
  const columns = Math.ceil(picture.width / picture.side);
  const rows = Math.ceil(picture.height / picture.side);
  const number = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
  const column = number((event.clientX - place.left) / place.width, columns);
  const row = number((event.clientY - place.top) / place.height, rows);
  const tile = row * columns + column;
  const words = [`x ${column * picture.side}, y ${row * picture.side}`];
  words.push(`${picture.bits[tile].toFixed(2)} bits per pixel`);
  if (picture.against) words.push(`${data.against_model}: ${picture.against[tile].toFixed(2)}`);
  const found = [element("div", words.join("; "))];
  if (picture.side > 1) return found;
  const line = picture.is_bottom_up ? picture.height - 1 - row : row;
  const first = picture.start + line * picture.row_bytes + column * picture.planes.length;
  const entries = new Set(picture.planes.map((_, plane) => entryAt(first + plane)));
  entries.delete(undefined);
  return found.concat(Array.from(entries, describe));
}

function show(event) {
  const cell = event.target.closest(".c, .raster img");
  if (!cell) {
    tip.style.display = "none";
    return;
  }
  if (cell.matches("img")) {
    tip.replaceChildren(...describePixel(cell, event));
    put(new DOMRect(event.clientX + 8, event.clientY, 0, 0));
    return;
  }
  const first = Number(cell.dataset.e);
  const count = Number(cell.dataset.n ?? 1);
  tip.replaceChildren();
  for (let entry = first; entry < first + Math.min(count, 4); ++entry) tip.append(describe(entry));
  put(cell.getBoundingClientRect());
}

// Shows the tip below a place of the window, or above it where there is more room.
function put(place) {
  tip.style.display = "block";
  const box = tip.getBoundingClientRect();
  const below = place.bottom + 8 + box.height < innerHeight;
  tip.style.top = `${below ? place.bottom + 8 : Math.max(4, place.top - box.height - 8)}px`;
  tip.style.left = `${Math.max(4, Math.min(place.left, innerWidth - box.width - 12))}px`;
}

document.addEventListener("mouseover", show);
for (const image of document.querySelectorAll(".raster img")) {
  image.addEventListener("mousemove", show);
}
document.addEventListener("click", show);
document.addEventListener("scroll", () => { tip.style.display = "none"; });
document.getElementById("bare")?.addEventListener("change", (event) => {
  document.querySelector(".cards").classList.toggle("bare", event.target.checked);
});
for (const choice of document.querySelectorAll("input[name=view]")) {
  const look = () => { if (choice.checked) document.body.dataset.view = choice.value; };
  choice.addEventListener("change", look);
  look();  // a page that is loaded again keeps its choice
}
document.documentElement.dataset.ready = "yes";
