"use strict";

// A page that waits for something asks for it, and shows itself again once it is there.
for (const waiting of document.querySelectorAll("[data-wait]")) {
  const ask = async () => {
    try {
      const said = await (await fetch(waiting.dataset.wait, { cache: "no-store" })).text();
      if (said !== "busy") return location.reload();
    } catch {
      // the server may be busy; ask again
    }
    setTimeout(ask, 1500);
  };
  setTimeout(ask, 1000);
}

// While returns are read: fetch how far it is, and load the page again at the end.
for (const box of document.querySelectorAll("[data-watch]")) {
  const address = box.dataset.watch;
  if (!address) continue;
  const lines = box.querySelector(".said");
  const bar = box.querySelector("progress");
  const look = async () => {
    try {
      const state = await (await fetch(address)).json();
      if (!state.running) {
        location.reload();
        return;
      }
      if (bar) {
        bar.max = state.total || 1;
        bar.value = state.done;
      }
      lines.replaceChildren(...state.said.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    } catch {
      // the server may be gone; the next look tells
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 500);
}

// Files dropped anywhere on a page that takes files are those that its field holds; what then sends them has the focus.
for (const form of document.querySelectorAll("form.drop")) {
  const field = form.querySelector("input[type=file]");
  const over = (event, is) => {
    event.preventDefault();
    form.classList.toggle("over", is);
  };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, event.relatedTarget !== null));
  document.addEventListener("drop", (event) => {
    over(event, false);
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    form.querySelector("button").focus();
  });
}

// Texts to paste elsewhere.
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = button.parentElement.querySelector("textarea");
    text.select();
    document.execCommand("copy");
  });
}
