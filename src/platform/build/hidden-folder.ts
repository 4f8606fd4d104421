/** The build's own folder for generated files. No upload can contain it, because hidden names are refused. */
export const HIDDEN_FOLDER = ".coffer";
/** The path of the configuration in the files of a build. */
export const CONFIGURATION = `${HIDDEN_FOLDER}/deno.json`;
/** The path of the lock file in the files of a build. */
export const LOCK = `${HIDDEN_FOLDER}/deno.lock`;
