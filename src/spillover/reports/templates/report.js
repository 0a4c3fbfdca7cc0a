"use strict";
(() => {
  const words = document.getElementById("words").dataset;

  const number = (text) => {
    const plain = text.replace(/[\s,%]/g, "").replace("\u2212", "-");
    return plain === "" || Number.isNaN(Number(plain)) ? null : Number(plain);
  };

  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (x !== null && y !== null) return x - y;
    if (x !== null || y !== null) return x !== null ? -1 : 1;
    return a.localeCompare(b, document.documentElement.lang);
  };

  const sort = (head, column) => {
    const table = head.closest("table");
    const rising = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    for (const body of table.tBodies) {
      const rows = [...body.rows].map((row) => [row.cells[column].textContent, row]);
      rows.sort((a, b) => (rising ? compare(a[0], b[0]) : compare(b[0], a[0])));
      body.append(...rows.map((pair) => pair[1]));
    }
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const line = table.tHead.rows[table.tHead.rows.length - 1];
    [...line.cells].forEach((head, column) => {
      if (head.tagName !== "TH") return;
      const button = document.createElement("button");
      button.type = "button";
      button.title = words.sort;
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(head, column));
      head.replaceChildren(button);
    });
  }

  const download = (figure) => {
    const drawing = figure.querySelector("svg").cloneNode(true);
    const text = `<?xml version="1.0" encoding="utf-8"?>\n${new XMLSerializer().serializeToString(drawing)}`;
    const link = document.createElement("a");
    link.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    link.download = `${figure.dataset.name}.svg`;
    link.click();
  };

  for (const figure of document.querySelectorAll("figure")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.download;
    button.addEventListener("click", () => download(figure));
    figure.insertBefore(button, figure.querySelector("details"));
  }
})();
