// Before anything is drawn: the theme that the reader chose, where the browser keeps such things.
try {
  const theme = localStorage.getItem("tunescope-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* no storage: the system's theme */ }
