/**
 * The command line from arguments to exit status. Nothing below ends the process: `bin/run.js` does.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Config, type Interfaces, run, settings } from "@oclif/core";
import { normalizeArgv } from "@oclif/core/help";
import { EXIT } from "../errors.ts";
import { readEnvironment } from "./environment.ts";
import { reportFailure } from "./failure.ts";
import { endingSignal } from "./signals.ts";
import { processTerminal, wantsJson } from "./terminal.ts";
import { closest, usageError } from "./usage.ts";

/** For `bin/run.js`: a keychain that never answers must not keep the process from ending. */
export { releaseKeychain } from "../identity/native-keychain.ts";

const silent = (): void => {};

/** oclif's debug log prints whole command lines, values included; it gets nothing to print to. */
const logger: Interfaces.Logger = {
	namespace: "oclif",
	child: () => logger,
	debug: silent,
	error: silent,
	info: silent,
	trace: silent,
	warn: silent,
};

/** Unknown commands, before oclif gets to them: its own message repeats what was typed. */
function checkCommand(config: Config, argv: string[]): void {
	const [id = ""] = normalizeArgv(config, [...argv]);
	if (id === "" || config.findCommand(id) !== undefined || config.findTopic(id) !== undefined) return;
	const visible = config.commands.filter(({ hidden }) => hidden !== true).map((command) => command.id);
	const topics = config.topics.map(({ name }) => name);
	// A command with arguments behind it: `secret set A=1` is near `secrets set` in its first two words.
	const typed = id.split(":");
	for (let words = typed.length - 1; words > 0; words--) {
		const known = config.findCommand(typed.slice(0, words).join(":"));
		if (known) throw usageError("This command takes no such argument.", known.id.replaceAll(":", " "));
	}
	const meant =
		closest(id, visible) ?? closest(typed.slice(0, 2).join(":"), visible) ?? closest(typed[0] ?? "", topics);
	const topic = topics.find((name) => name === typed[0]) ?? "";
	const suggestion = meant === undefined ? "" : ` Did you mean \`coffer ${meant.replaceAll(":", " ")}\`?`;
	throw usageError(`There is no such command.${suggestion}`, topic);
}

/** Which words may need the plugins (`help`, `autocomplete`); for any other command, reading them is lost time. */
function needsPlugins(argv: readonly string[]): boolean {
	return asksForHelp(argv) || argv[0] === "help" || argv[0] === "autocomplete";
}

async function loadConfig(argv: readonly string[], root: string): Promise<Config> {
	const options = { root, logger, devPlugins: false, userPlugins: false };
	if (needsPlugins(argv)) return await Config.load(options);
	const pjson = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Interfaces.PJSON;
	return await Config.load({
		...options,
		pjson: { ...pjson, oclif: { ...pjson.oclif, plugins: [] } },
		isRoot: true,
	});
}

/** Help and version are looked for by oclif wherever they stand, so an unknown command with them is theirs. */
function asksForHelp(argv: readonly string[]): boolean {
	const end = argv.indexOf("--");
	const own = end === -1 ? argv : argv.slice(0, end);
	return (
		own.length === 0 ||
		own[0] === "--version" ||
		own[0] === "-v" ||
		own.includes("--help") ||
		own.includes("-h")
	);
}

/** An exit or a complaint of oclif's, known by its mark: plugins bring classes of their own. */
function isFromOclif(error: unknown): error is Error & { oclif: { exit?: number } } {
	return error instanceof Error && "oclif" in error;
}

/** `help NAME…` as `NAME… --help`: the plugin's command would log its arguments where DEBUG is set. */
function withHelpFlag(argv: string[]): string[] {
	const [first, ...rest] = argv;
	return first === "help" && !rest.some((argument) => argument.startsWith("-")) ? [...rest, "--help"] : argv;
}

async function runCommand(argv: string[], root: string): Promise<number> {
	settings.enableAutoTranspile = false;
	const json = wantsJson(argv);
	const environment = readEnvironment();
	// Node's and packages' warnings are for developers, and stderr is a document under --json.
	if (!environment.debug) process.removeAllListeners("warning");
	try {
		const config = await loadConfig(argv, root);
		if (!asksForHelp(argv)) checkCommand(config, argv);
		const status: unknown = await run(argv, config);
		return typeof status === "number" ? status : EXIT.ok;
	} catch (error) {
		const ended = isFromOclif(error) && "code" in error && error.code === "EEXIT";
		if (ended) return error.oclif.exit ?? EXIT.ok;
		const failure = isFromOclif(error) ? usageError("There is no such command or topic.", "") : error;
		return reportFailure(failure, processTerminal(json, environment), environment);
	}
}

/** Resolves when nobody reads stdout any more: `coffer … | head` is no failure. */
function readerGone(): Promise<number> {
	return new Promise((resolve, reject) => {
		for (const stream of [process.stdout, process.stderr]) {
			stream.on("error", (error: NodeJS.ErrnoException) =>
				error.code === "EPIPE" ? resolve(EXIT.ok) : reject(error),
			);
		}
	});
}

/**
 * Runs one command line.
 * @param argv the arguments without node and script
 * @param root the package's folder, where package.json and oclif.manifest.json are
 * @returns the exit status; everything that was written is flushed
 */
export async function main(argv: string[], root: string): Promise<number> {
	const gone = readerGone();
	const status = await Promise.race([runCommand(withHelpFlag(argv), root), endingSignal(), gone]);
	await Promise.race([processTerminal(false, readEnvironment()).flush(), gone]);
	return status;
}
