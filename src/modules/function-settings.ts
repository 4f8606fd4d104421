/**
 * Reads `function.jsonc`, which says how a function is to be run (docs/functions.md). Pure. The client checks the file
 * before it sends anything, and the platform checks the same text again.
 */
import { fromUtf8 } from "../bytes.ts";
import { editDistance } from "../edit-distance.ts";
import { AppError, EXIT } from "../errors.ts";
import { type Automation, automations, automationsFault } from "./automations/automations.ts";
import { type DeclaredSecrets, declaredSecrets, secretsFault } from "./declared-secrets.ts";
import { type Jsonc, type JsoncEntry, parseJsoncEntries } from "./jsonc.ts";
import { SETTINGS_BYTES_MAX, SETTINGS_HOSTS_MAX, STATIC_FILES_MAX } from "./limits.ts";
import { folderAt } from "./packages/folder-at.ts";
import { BASE44_FUNCTIONS, directoryOf } from "./paths.ts";

/** Name of the file, in the function's folder. */
export const SETTINGS_FILE = "function.jsonc";

/** For a missing setting, the platform's default applies. */
export interface FunctionSettings {
	/** The hosts that the function may reach, `HOST` or `HOST:PORT`. Empty: none. Missing: the public internet. */
	readonly network?: readonly string[] | undefined;
	readonly memoryMB?: number | undefined;
	/** The time until a response must begin. */
	readonly timeoutSeconds?: number | undefined;
	/** The time without a request after which the function is stopped. */
	readonly idleSeconds?: number | "never" | undefined;
	/** The largest body of a request, in MiB. */
	readonly maxBodyMB?: number | undefined;
	/** Whether the path of a request that the function receives begins with the function's name. */
	readonly nameInPath?: boolean | undefined;
	readonly secrets?: DeclaredSecrets | undefined;
}

/** The contents of a `function.jsonc`. */
export interface FunctionFile {
	readonly settings: FunctionSettings;
	/** Schedules that run the function. They are not part of the settings, because changing them restarts nothing. */
	readonly automations: readonly Automation[];
	/** Path of the entry module, relative to the root; undefined if the file does not give it. */
	readonly entry: string | undefined;
	/** Globs of the files that it reads when it runs, relative to this file's folder. */
	readonly staticFiles: readonly string[];
	/** Path of a further import map, relative to the root. Its entries win over those of other configuration files. */
	readonly importMap: string | undefined;
	/** The function's name; undefined if the file does not give it. */
	readonly name: string | undefined;
	/** The 1-based line of each key. */
	readonly lines: ReadonlyMap<string, number>;
}

/** The smallest and largest value of each number. A platform may have a lower limit. */
const NUMBERS = {
	memoryMB: [128, 1024 * 1024],
	timeoutSeconds: [1, 24 * 3600],
	idleSeconds: [1, 7 * 24 * 3600],
	maxBodyMB: [1, 10_240],
} as const;
const KEYS = [
	...[
		"automations",
		"entry",
		"import_map",
		"name",
		"nameInPath",
		"network",
		"secrets",
		"static_files",
		"verify_jwt",
	],
	...Object.keys(NUMBERS),
];
/** Keys that other platforms use in this file instead of `automations`. */
const FOREIGN_KEYS = new Set(["cron", "schedule"]);

const PORT_MAX = 65_535;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const IP_V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const HOST_LENGTH_MAX = 253;

/** The error for a fault of a `function.jsonc`. @param line 1-based */
export function settingsFault(path: string, line: number, why: string, hint?: string): AppError {
	return new AppError({
		code: "FUNCTION_SETTINGS_INVALID",
		message: `${path}:${line}: ${why}.`,
		hint: hint ?? "docs/functions.md describes this file.",
		exit: EXIT.usage,
	});
}

/**
 * Parses a `function.jsonc`. The file of a Base44 project may have another name and keys that only Base44 knows.
 * @param path relative to the root; `entry` is relative to the folder of this path
 * @param name the function's name, according to its folder
 * @throws AppError `FUNCTION_SETTINGS_INVALID` (exit 2) with file and line
 */
export function parseFunctionFile(path: string, bytes: Uint8Array, name: string): FunctionFile {
	if (bytes.length > SETTINGS_BYTES_MAX)
		throw settingsFault(path, 1, `the file is larger than ${SETTINGS_BYTES_MAX / 1024} KiB`);
	const text = fromUtf8(bytes);
	if (text === undefined) throw settingsFault(path, 1, "the file is not UTF-8");
	const parsed = parseJsoncEntries(text);
	if ("faultLine" in parsed) {
		const hint = "The file must be one JSON object. Comments and trailing commas are allowed.";
		throw settingsFault(path, parsed.faultLine, "this is not valid JSONC", hint);
	}
	const lines = new Map<string, number>();
	const values: Record<string, Jsonc> = {};
	for (const entry of parsed.entries) {
		const isBase44 = path.startsWith(`${BASE44_FUNCTIONS}/`);
		if (isBase44 && entry.key !== "name" && !KEYS.includes(entry.key)) continue;
		const expected = isBase44 ? entry.value : name;
		const fault = lines.has(entry.key) ? `"${entry.key}" is listed twice` : entryFault(entry, path, expected);
		if (fault !== undefined) throw settingsFault(path, entry.line, fault, hintFor(entry.key));
		lines.set(entry.key, entry.line);
		values[entry.key] = entry.value;
	}
	const { entry, network, memoryMB, timeoutSeconds, idleSeconds, maxBodyMB, nameInPath } = values;
	const secrets = declaredSecrets(values.secrets);
	const hosts = network === "none" ? [] : (network as string[] | undefined);
	const settings = {
		...(hosts && { network: hosts }),
		...(memoryMB !== undefined && { memoryMB }),
		...(timeoutSeconds !== undefined && { timeoutSeconds }),
		...(idleSeconds !== undefined && { idleSeconds }),
		...(maxBodyMB !== undefined && { maxBodyMB }),
		...(nameInPath !== undefined && { nameInPath }),
		...(secrets !== undefined && { secrets }),
	} as FunctionSettings;
	return {
		settings,
		automations: automations(values.automations),
		entry: entry === undefined ? undefined : entryPath(path, entry),
		staticFiles: (values.static_files ?? []) as readonly string[],
		importMap: importMapPath(path, values.import_map),
		name: typeof values.name === "string" ? values.name : undefined,
		lines,
	};
}

function hintFor(key: string): string | undefined {
	if (!FOREIGN_KEYS.has(key)) return undefined;
	return 'Use "automations" to say when the function runs; docs/functions.md describes it.';
}

/** Describes the fault of an entry of the file; undefined if it is valid. */
function entryFault({ key, value }: JsoncEntry, path: string, name: Jsonc): string | undefined {
	if (FOREIGN_KEYS.has(key)) return `"${key}" is not a key of this file`;
	if (!KEYS.includes(key)) {
		return `"${excerpt(key)}" is not a key of this file; the nearest key is "${nearest(key, KEYS)}"`;
	}
	if (key === "entry") return entryPath(path, value) === undefined ? ENTRY_FAULT : undefined;
	if (key === "name" && typeof value === "string" && value === name) return undefined;
	if (key === "name")
		return `"name" must be ${typeof name === "string" ? `"${name}", the name of the folder` : "a string"}`;
	if (key === "network") return networkFault(value);
	if (key === "secrets") return secretsFault(value);
	if (key === "automations") return automationsFault(value);
	if (key === "static_files") return staticFilesFault(value);
	if (key === "import_map") return importMapPath(path, value) === undefined ? IMPORT_MAP_FAULT : undefined;
	if (key === "nameInPath")
		return typeof value === "boolean" ? undefined : '"nameInPath" must be true or false';
	if (key === "verify_jwt") return value === false ? undefined : VERIFY_JWT_FAULT;
	if (key === "idleSeconds" && value === "never") return undefined;
	const [least, most] = NUMBERS[key as keyof typeof NUMBERS];
	if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most)
		return undefined;
	const or = key === "idleSeconds" ? ', or "never"' : "";
	return `"${key}" must be a whole number from ${least} to ${most}${or}`;
}

/** Whether a value can be an item of `static_files`. */
export function isStaticGlob(glob: Jsonc): boolean {
	return typeof glob === "string" && glob !== "" && !/[\\[\]{}\p{Cc}]/u.test(glob);
}

function staticFilesFault(value: Jsonc): string | undefined {
	if (Array.isArray(value) && value.length <= STATIC_FILES_MAX && value.every(isStaticGlob)) return undefined;
	return `"static_files" must be a list of at most ${STATIC_FILES_MAX} paths, in which only * and ? and ** have a meaning`;
}

const IMPORT_MAP_FAULT =
	'"import_map" must be the path of a JSON file, relative to this folder and inside the project';
const VERIFY_JWT_FAULT =
	'"verify_jwt" can only be false, because the platform verifies no tokens before it calls a function';

/** The path of an import map, relative to the root; undefined if it cannot be a file of the project. */
function importMapPath(path: string, value: Jsonc | undefined): string | undefined {
	if (typeof value !== "string" || !/\.jsonc?$/.test(value) || /^[a-z]+:|^\/|\\/i.test(value))
		return undefined;
	return folderAt(directoryOf(path), value);
}

const ENTRY_FAULT =
	'"entry" must be the path of a .ts or .js file, relative to this folder and inside the project';

/** The path of the entry module, relative to the root; undefined if it cannot be a module of the project. */
function entryPath(path: string, entry: Jsonc): string | undefined {
	if (
		typeof entry !== "string" ||
		!/\.(ts|js|mts|mjs|tsx|jsx)$/.test(entry) ||
		/^[a-z]+:|^\/|\\/i.test(entry)
	)
		return undefined;
	return folderAt(directoryOf(path), entry);
}

function networkFault(network: Jsonc): string | undefined {
	if (network === "none") return undefined;
	const form = '"network" must be "none" or a list of "HOST" or "HOST:PORT"';
	if (!Array.isArray(network)) return form;
	if (network.length > SETTINGS_HOSTS_MAX) return `"network" has more than ${SETTINGS_HOSTS_MAX} hosts`;
	const bad = network.find((host) => typeof host !== "string" || !isHost(host));
	if (bad === undefined) return undefined;
	return typeof bad === "string" ? `${form}, but "${excerpt(bad)}" is not a host` : form;
}

/**
 * Whether the text is a host name or an address, with or without a port. Anything else is rejected, because the text
 * becomes part of a command-line flag.
 */
function isHost(text: string): boolean {
	const [, v6, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::([1-9]\d{0,4}))?$/.exec(text) ?? [];
	if (port !== undefined && Number(port) > PORT_MAX) return false;
	if (v6 !== undefined) return URL.canParse(`http://[${v6}]/`);
	if (plain === undefined || plain.length > HOST_LENGTH_MAX) return false;
	const labels = plain.split(".");
	// Some programs read a host whose last label is a number as an address, and others as a name.
	if (/^(0x[0-9a-f]*|\d+)$/.test(labels.at(-1) ?? "")) return IP_V4.test(plain);
	return labels.every((label) => LABEL.test(label));
}

/** Makes untrusted text safe for a message: short, and without characters that control a terminal. */
function excerpt(text: string): string {
	return JSON.stringify(text.slice(0, 60))
		.slice(1, -1)
		.replace(/[^\x20-\x7e]/g, "?");
}

/** The candidate with the smallest edit distance from a word. */
function nearest(word: string, candidates: readonly string[]): string {
	const byDistance = candidates.map((candidate) => ({
		candidate,
		edits: editDistance(word.slice(0, 60).toLowerCase(), candidate.toLowerCase()),
	}));
	return byDistance.sort((a, b) => a.edits - b.edits)[0]?.candidate ?? "";
}
