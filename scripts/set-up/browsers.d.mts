/** The programs of Chromium, in the order in which tests prefer them. */
export const BROWSERS: readonly string[];
