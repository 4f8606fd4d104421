/** What an upload may hold at most. One place, so that the client says what the platform would. */
export const FILE_BYTES_MAX = 10 * 1024 * 1024;
export const UPLOAD_BYTES_MAX = 50 * 1024 * 1024;
export const UPLOAD_FILES_MAX = 5_000;
export const UPLOAD_FUNCTIONS_MAX = 500;
export const PATH_BYTES_MAX = 512;
export const PATH_DEPTH_MAX = 32;
/** What a segment of a function's name is made of: nothing that a URL would have to encode. */
export const FUNCTION_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const FUNCTION_NAME_LENGTH_MAX = 200;
/** The file of a function's settings. */
export const SETTINGS_BYTES_MAX = 64 * 1024;
export const SETTINGS_HOSTS_MAX = 100;
export const DECLARED_SECRETS_MAX = 1_000;
/** Names in the import maps that hold for one entry, and their scopes: each import is held against them. */
export const IMPORT_MAP_NAMES_MAX = 10_000;
/** Imports that are known in part, of all modules that an entry reaches: each is held against every file. */
export const PATTERNS_MAX = 1_000;
/** What a function's automations may be. */
export const AUTOMATIONS_MAX = 100;
export const AUTOMATION_NAME_LENGTH_MAX = 200;
export const AUTOMATION_BYTES_MAX = 16 * 1024;
/** Of minutes, this is two years. */
export const REPEAT_INTERVAL_MAX = 1_000_000;
export const CRON_LENGTH_MAX = 500;
/** A package.json, deno.json, import map, lock or workspace file. */
export const CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024;
/** Folders that the patterns of a workspace are held against. */
export const FOLDERS_MAX = 20_000;
