/** The tables of docs/env-files.md. */
export function envFileTables(): string;

/** The page with its tables written again. */
export function envFilesPage(): string;
