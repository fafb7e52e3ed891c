"use strict";
// Tables: a click on a title sorts by its column, a second one the other way round.  "#rows:3" in the
// address sorts the table "rows" by column 3, "#rows:-3" downwards.
function sortTable(table, column, down) {
  const body = table.tBodies[0];
  const key = (row) => row.cells[column].dataset.sort;
  const rows = [...body.rows];
  const numeric = rows.every((row) => key(row) === "" || !Number.isNaN(Number(key(row))));
  rows.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === "" || y === "") return (x === "") - (y === "");
    const order = numeric ? Number(x) - Number(y) : x.localeCompare(y);
    return down ? -order : order;
  });
  body.append(...rows);
  [...table.tHead.rows[0].cells].forEach((cell, k) => {
    if (k === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    cell.querySelector("button").addEventListener("click", () => {
      sortTable(table, column, cell.getAttribute("aria-sort") === "ascending");
    });
  });
}

function sortByAddress() {
  const found = /^#([\w-]+):(-?)(\d+)$/.exec(location.hash);
  const table = found && document.getElementById(found[1]);
  if (table && table.tHead && found[3] < table.tHead.rows[0].cells.length) {
    sortTable(table, Number(found[3]), found[2] === "-");
  }
}
addEventListener("hashchange", sortByAddress);
sortByAddress();

// Rows: only those that have all words.
const filter = document.getElementById("filter");
const rows = [...document.querySelectorAll("#rows tbody tr")];
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  document.getElementById("count").textContent = words.length ? `${shown} of ${rows.length} rows` : "";
});

// Points: what they are, beside the mouse or the focus.
const tip = document.getElementById("tip");
function showTip(point) {
  const place = point.querySelector("circle").getBoundingClientRect();
  tip.textContent = point.getAttribute("aria-label");
  tip.hidden = false;
  const left = Math.min(place.right + 10, document.documentElement.clientWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(left, 8) + scrollX}px`;
  tip.style.top = `${place.top + scrollY - tip.offsetHeight - 8}px`;
}
for (const point of document.querySelectorAll(".point")) {
  point.querySelector("title").remove(); // its own tip would come a second later
  for (const kind of ["mouseenter", "focus"]) point.addEventListener(kind, () => showTip(point));
  for (const kind of ["mouseleave", "blur"]) point.addEventListener(kind, () => { tip.hidden = true; });
}
addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
