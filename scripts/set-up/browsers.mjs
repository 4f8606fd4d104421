/**
 * The programs of Chromium, in the order in which tests prefer them. The first has no window, not even a hidden one: with
 * it, the tests of the console take three fifths of the processor time.
 */
export const BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
