// Sets the theme that the reader chose before the page is drawn.
try {
  const theme = localStorage.getItem("tunescope-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* Without storage, the page has the theme of the system. */ }
