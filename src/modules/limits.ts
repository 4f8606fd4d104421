/** Limits of an upload. The client and the platform use the same ones, so that the client can report an error first. */
export const FILE_BYTES_MAX = 10 * 1024 * 1024;
export const UPLOAD_BYTES_MAX = 50 * 1024 * 1024;
export const UPLOAD_FILES_MAX = 5_000;
export const UPLOAD_FUNCTIONS_MAX = 500;
export const PATH_BYTES_MAX = 512;
export const PATH_DEPTH_MAX = 32;
/** A segment of a function's name. A URL does not have to encode any of its characters. */
export const FUNCTION_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const FUNCTION_NAME_LENGTH_MAX = 200;
/** The size of a `function.jsonc`. */
export const SETTINGS_BYTES_MAX = 64 * 1024;
export const SETTINGS_HOSTS_MAX = 100;
export const DECLARED_SECRETS_MAX = 1_000;
/** Names and scopes in the import maps of one entry. Each import is compared with them. */
export const IMPORT_MAP_NAMES_MAX = 10_000;
/** Imports that are known in part only, of all modules that an entry reaches. Each is compared with every file. */
export const PATTERNS_MAX = 1_000;
/** The automations of one function. */
export const AUTOMATIONS_MAX = 100;
export const AUTOMATION_NAME_LENGTH_MAX = 200;
export const AUTOMATION_BYTES_MAX = 16 * 1024;
/** In minutes, this is almost two years. */
export const REPEAT_INTERVAL_MAX = 1_000_000;
export const CRON_LENGTH_MAX = 500;
/** A package.json, deno.json, import map, lock or workspace file. */
export const CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024;
/** Folders that are compared with the patterns of a workspace. */
export const FOLDERS_MAX = 20_000;
/** Files that the modules of one function read when they run. */
export const FUNCTION_FILES_MAX = 1_000;
export const STATIC_FILES_MAX = 100;
/** Expressions of one function that make paths of files. Each may be compared with every file. */
export const FILE_REQUESTS_MAX = 2_000;
