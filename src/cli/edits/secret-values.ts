/**
 * Where the values of `secrets set` come from: pairs, a .env file, stdin, a hidden prompt.
 */
import { FILE_BYTES, readBounded } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { parseDotenv } from "../../dotenv/parse.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Intent } from "../../project/secrets/preview-edit.ts";
import { checkSecretName, isSecretName } from "../../vault/syntax/secret-name.ts";
import { promptConfirm, promptValue } from "../shell/prompts.ts";
import { readStdinValue, readStdinWhole } from "../shell/stdin.ts";
import type { Terminal } from "../shell/terminal.ts";

const NAMES_HINT = "Give NAME=VALUE pairs, or one NAME alone to be asked for its value, or --env-file FILE.";

function usage(code: string, message: string, hint = NAMES_HINT): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** What the command line says about values. */
export interface ValueSources {
	/** `NAME=VALUE` or `NAME`, as typed. */
	readonly pairs: readonly string[];
	readonly envFile: string | undefined;
	readonly stdin: boolean;
}

/**
 * Reads what a plan is to be made of: pairs, and names alone, which stand for any other value.
 * @throws AppError exit 2, as `readValues`
 */
export async function readIntents(sources: ValueSources, terminal: Terminal): Promise<Map<string, Intent>> {
	const { pairs, envFile } = sources;
	const names = pairs.filter((pair) => !pair.includes("="));
	// What is no name may be a value in the wrong place: `readValues` says so without repeating it.
	if (envFile !== undefined || names.some((name) => !isSecretName(name))) {
		return valued(await readValues(sources, terminal));
	}
	const intents = valued(parsePairs(pairs.filter((pair) => pair.includes("="))));
	for (const name of names) {
		if (intents.has(name)) throw usage("NAME_DUPLICATE", `${name} is given twice.`, "Give each name once.");
		intents.set(name, "unknown");
	}
	return intents;
}

function valued(values: ReadonlyMap<string, string>): Map<string, Intent> {
	return new Map([...values].map(([name, value]) => [name, { value }]));
}

/** Splits pairs at their first `=`. No message repeats a pair: what stands where may be a value. */
function parsePairs(pairs: readonly string[]): Map<string, string> {
	const secrets = new Map<string, string>();
	for (const [index, pair] of pairs.entries()) {
		const at = pair.indexOf("=");
		if (at < 0)
			throw usage(
				"PAIR_INVALID",
				`Argument ${index + 1} has no '='; a name alone must be the only argument.`,
			);
		const name = pair.slice(0, at);
		if (!isSecretName(name)) {
			throw usage(
				"NAME_INVALID",
				`What stands before '=' in argument ${index + 1} is not a valid name.`,
				"A name is 1 to 128 letters (A-Z, a-z), digits and underscores.",
			);
		}
		checkSecretName(name);
		if (secrets.has(name)) throw usage("NAME_DUPLICATE", `${name} is given twice.`, "Give each name once.");
		secrets.set(name, pair.slice(at + 1));
	}
	return secrets;
}

/** Parses; the faults' list stays out of the error's data, which is for a command's own result. */
function parsed(text: string, path: string): ReturnType<typeof parseDotenv> {
	try {
		return parseDotenv(text, path);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const { code, message, hint, exit, line } = error;
		throw new AppError({ code, message, hint, exit, ...(line === undefined ? {} : { line }) });
	}
}

/** The bytes of a .env file. @throws AppError `ENV_FILE_NOT_FOUND` (exit 4), `ENV_FILE_UNREADABLE` (exit 1) */
async function envFileBytes(path: string): Promise<Uint8Array> {
	const reach = { links: true, pipes: true };
	return await readBounded(path, FILE_BYTES.env, reach).catch((cause: NodeJS.ErrnoException) => {
		if (cause instanceof AppError) throw cause;
		const absent = cause.code === "ENOENT";
		throw new AppError({
			code: absent ? "ENV_FILE_NOT_FOUND" : "ENV_FILE_UNREADABLE",
			message: absent
				? `There is no file ${path}.`
				: `Cannot read ${path}: ${cause.code ?? "unknown error"}.`,
			hint: "Check the path that --env-file names. Nothing was changed.",
			exit: absent ? EXIT.notFound : EXIT.failure,
			cause,
		});
	});
}

/** The lines of a .env file that come on standard input. @throws AppError `STDIN_EMPTY`, `STDIN_TOO_LARGE` (exit 2) */
async function envLinesOfStdin(terminal: Terminal): Promise<Uint8Array> {
	if (process.stdin.isTTY) terminal.note("Reading NAME=VALUE lines from this terminal; Ctrl-D ends them.");
	return await readStdinWhole(FILE_BYTES.env, "Check the command or the file that the lines come from.");
}

/**
 * The pairs of a .env file; warns of what is odd in it.
 * @param file its path; `-` is standard input
 * @throws AppError, without any value
 */
export async function readEnvFile(file: string, terminal: Terminal): Promise<Map<string, string>> {
	const path = file === "-" ? "standard input" : file;
	const bytes = file === "-" ? await envLinesOfStdin(terminal) : await envFileBytes(file);
	const text = fromUtf8(bytes);
	if (text === undefined)
		throw usage("ENV_FILE_NOT_TEXT", `${path} is not UTF-8 text.`, "Save it as UTF-8. Nothing was changed.");
	const { pairs, warnings } = parsed(text, path);
	for (const { code, line, message } of warnings) {
		// To set such a name is warned of by itself, wherever it comes from.
		if (code === "ENV_FILE_NAME_LEADING_DIGIT") continue;
		terminal.warn(message.includes(`line ${line}`) ? message : `${path}, line ${line}: ${message}`);
	}
	return new Map(pairs.map(({ name, value }) => [name, value]));
}

/** A value that is typed or pasted. An empty one is taken only where that is meant. */
async function askForValue(name: string, terminal: Terminal): Promise<string> {
	const instead = `Pipe it in: coffer secrets set ${name} --stdin < FILE`;
	const value = await promptValue(terminal, `Value of ${name}`, instead);
	const question = `Nothing was entered. Set ${name} to an empty value?`;
	if (value !== "" || (await promptConfirm(terminal, question, `coffer secrets set ${name}=`))) return value;
	throw usage(
		"VALUE_EMPTY",
		`Nothing was entered for ${name}, and nothing was changed.`,
		`Run the command again. For a value that is meant to be empty: coffer secrets set ${name}=`,
	);
}

async function readOne(name: string, fromStdin: boolean, terminal: Terminal): Promise<string> {
	checkSecretName(name);
	if (!fromStdin) return askForValue(name, terminal);
	const { bytes, newlineDropped } = await readStdinValue(
		`Check the command or the file that it comes from. For a value that is meant to be empty: coffer secrets set ${name}=`,
	);
	const value = fromUtf8(bytes);
	if (value === undefined)
		throw usage(
			"VALUE_NOT_TEXT",
			`The value for ${name} on standard input is not UTF-8 text.`,
			"Encode binary data, in base64 for example.",
		);
	if (newlineDropped) terminal.note(`Dropped one newline at the end of the value of ${name}.`);
	return value;
}

/**
 * Reads what is to be set.
 * @throws AppError exit 2 for sources that contradict one another or that hold something else than names and values
 */
export async function readValues(sources: ValueSources, terminal: Terminal): Promise<Map<string, string>> {
	const { pairs, envFile, stdin } = sources;
	if (envFile !== undefined) {
		if (pairs.length > 0 || stdin)
			throw usage("SOURCES_CONTRADICT", "Pairs (or --stdin) and --env-file cannot be used together.");
		return readEnvFile(envFile, terminal);
	}
	const [first] = pairs;
	if (first === undefined) throw usage("NOTHING_TO_SET", "There is nothing to set.");
	if (pairs.length === 1 && !first.includes("=")) {
		if (!isSecretName(first))
			throw usage(
				"NAME_INVALID",
				"The argument is not a valid name.",
				"A name is 1 to 128 letters (A-Z, a-z), digits and underscores.",
			);
		return new Map([[first, await readOne(first, stdin, terminal)]]);
	}
	if (stdin) throw usage("SOURCES_CONTRADICT", "--stdin takes one NAME and no pair.");
	return parsePairs(pairs);
}
