/**
 * Bundles an entry in this process as `deno bundle` would: with the same bundler and the same conditions. A
 * module that is not available is left out of the bundle, and reported.
 */
import { type BuildContext, type BuildFailure, type BuildOptions, context, type Message } from "esbuild";
import { AppError, EXIT } from "../errors.ts";
import { EntryPoints } from "../modules/packages/entry-points.ts";
import { isCode } from "../modules/paths.ts";
import type { Setting, Warning } from "./disk.ts";
import { Resolutions } from "./resolutions.ts";
import { type BundleRequest, isNote, type Note, type Patches, resolver, type Work } from "./resolver.ts";

export interface LocalBundle {
	code: Uint8Array;
	/** JSON. Its sources are paths, or begin with `remote:` or `coffer:`. */
	sourceMap: string;
	warnings: Warning[];
	/** Specifiers that were not fetched yet. With them, the bundle would be different. */
	pending: string[];
	/** The paths of the bundle's local modules and the hashes of their contents, sorted. */
	sources: string;
}

/** The code of the error that affects all entries: esbuild does not run. */
export const ESBUILD_BROKEN = "PACKAGE_BROKEN";

/** The most builds of one entry. Each build reveals the next fault of a module. */
const BUILDS_MAX = 50;

const OPTIONS = {
	absWorkingDir: "/",
	entryPoints: ["entry"],
	outfile: "/bundle.js",
	write: false,
	bundle: true,
	format: "esm",
	platform: "neutral",
	target: "esnext",
	mainFields: ["module", "main"],
	conditions: ["deno", "node"],
	treeShaking: true,
	sourcemap: "external",
	sourcesContent: false,
	legalComments: "none",
	charset: "utf8",
	logLevel: "silent",
	logLimit: 0,
	// Files in packages that are not code.
	loader: Object.fromEntries(
		[".node", ".css", ".wasm", ".html", ".txt", ".md", ".map", ".svg", ".png", ".ttf", ".woff", ".woff2"].map(
			(extension) => [extension, "empty" as const],
		),
	),
} satisfies BuildOptions;

/**
 * The most bundles of one incremental build. It keeps the syntax trees of all modules that it has parsed: without
 * this limit, esbuild had 0.9 GB at the end of 416 functions, and 0.4 GB with it.
 */
const BUNDLES_MAX = 25;
/** The most builds that wait for an entry with the same compiler options. */
const IDLE_MAX = 4;

/** A build of esbuild that bundles one entry after the other, and parses a module again only if it has changed. */
interface IncrementalBuild {
	/** Its compiler options, as JSON. */
	readonly options: string;
	readonly context: BuildContext<typeof OPTIONS>;
	/** What it bundles at the moment. */
	work: Work | undefined;
	/** How many entries it has bundled. */
	bundles: number;
}

/** Bundles entries, several at the same time. What they have in common is parsed and resolved once. */
export class Bundler implements AsyncDisposable {
	/** The builds that have nothing to do, from the oldest to the newest. */
	readonly #idle: IncrementalBuild[] = [];
	readonly #resolutions = new Resolutions();
	#isClosed = false;

	/**
	 * Bundles one entry. Modules that do not parse are left out, with a warning, except for the entry itself.
	 * @throws AppError `SOURCE_SYNTAX` (exit 2) with the line if the entry does not parse; `SOURCE_UNSUPPORTED`
	 *   (exit 2) if it is not code; `PACKAGE_BROKEN` (exit 1) if esbuild itself does not run; `SOURCE_UNBUNDLED`
	 *   (exit 1) for any other fault that prevents a bundle
	 */
	async bundle(request: BundleRequest): Promise<LocalBundle> {
		if (!isCode(request.entry)) throw unsupported(request.shown);
		const options = compilerOptions(request.setting);
		const known = JSON.stringify(options);
		const at = this.#idle.findIndex((one) => one.options === known);
		const build = at < 0 ? await openBuild(options) : (this.#idle.splice(at, 1)[0] as IncrementalBuild);
		try {
			return await bundleWith(build, request, this.#resolutions);
		} finally {
			build.work = undefined;
			build.bundles++;
			if (!this.#isClosed && build.bundles < BUNDLES_MAX) this.#idle.push(build);
			else await build.context.dispose();
			if (this.#idle.length > IDLE_MAX) await this.#idle.shift()?.context.dispose();
		}
	}

	/** Ends the bundler. A bundle that is being made may still be completed. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		await Promise.all(this.#idle.splice(0).map(({ context }) => context.dispose()));
	}
}

async function openBuild(options: Record<string, string | boolean>): Promise<IncrementalBuild> {
	const state = { options: JSON.stringify(options), work: undefined as Work | undefined, bundles: 0 };
	const plugins = [resolver(() => state.work as Work)];
	try {
		const tsconfigRaw = { compilerOptions: options };
		return Object.assign(state, { context: await context({ ...OPTIONS, tsconfigRaw, plugins }) });
	} catch (error) {
		throw notStarted(error);
	}
}

async function bundleWith(
	build: IncrementalBuild,
	request: BundleRequest,
	resolutions: Resolutions,
): Promise<LocalBundle> {
	const [entryPoints, sources] = [new EntryPoints(), new Map<string, string>()];
	const patches: Patches = { broken: new Set(), exports: new Map(), sources, entryPoints };
	const warnings: Warning[] = [...request.setting.warnings];
	build.work = { request, patches, resolutions };
	for (let attempt = 0; ; attempt++) {
		try {
			const result = await build.context.rebuild();
			if (entryPoints.unify()) continue;
			const notes = notesOf(result.warnings);
			const bytes = (end: string) =>
				result.outputFiles.find(({ path }) => path.endsWith(end))?.contents ?? new Uint8Array();
			return {
				code: bytes(".js"),
				sourceMap: Buffer.from(bytes(".map")).toString("utf8"),
				warnings: [...warnings, ...notes.filter(({ pending }) => pending === undefined).map(toWarning)],
				pending: notes.flatMap(({ pending }) => pending ?? []),
				sources: JSON.stringify([...patches.sources].sort(([a], [b]) => (a < b ? -1 : 1))),
			};
		} catch (error) {
			if (!isBuildFailure(error)) throw notStarted(error);
			entryPoints.forget();
			const found = error.errors.filter((message) => patch(message, request, patches, warnings));
			if (found.length === 0 || attempt === BUILDS_MAX) throw unbundled(error.errors[0]);
		}
	}
}

interface PlacedNote extends Note {
	file: string;
	line: number;
}

/** The resolver's notes, one for each specifier. */
function notesOf(messages: readonly Message[]): PlacedNote[] {
	const bySpecifier = new Map<string, PlacedNote>();
	for (const { detail, location } of messages) {
		if (!isNote(detail)) continue;
		const place = { file: location?.file ?? "", line: location?.line ?? 1 };
		if (!bySpecifier.has(detail.specifier)) bySpecifier.set(detail.specifier, { ...detail, ...place });
	}
	return [...bySpecifier.values()].sort((a, b) =>
		a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line,
	);
}

function toWarning({ file, line, specifier, why }: PlacedNote): Warning {
	return { file, line, message: `${JSON.stringify(specifier)}: ${why}` };
}

/** The options for JSX and decorators. A tsconfig.json is not read. */
function compilerOptions({ configuration }: Setting): Record<string, string | boolean> {
	const options = Object.fromEntries(configuration.compilerOptions);
	// Deno's own form of react-jsx.
	return options.jsx === "precompile" ? { ...options, jsx: "react-jsx" } : options;
}

function isBuildFailure(error: unknown): error is BuildFailure {
	return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

/**
 * Excludes the module or export at which this build failed from the next build. @returns whether anything was excluded
 */
function patch(message: Message, request: BundleRequest, patches: Patches, warnings: Warning[]): boolean {
	const { text, location } = message;
	const warn = (what: string) =>
		warnings.push({ file: location?.file ?? "", line: location?.line ?? 1, message: what });
	const [, file, name] = /^No matching export in "(.+)" for import "(.+)"$/.exec(text) ?? [];
	if (file !== undefined && name !== undefined) {
		const names = patches.exports.get(file) ?? new Set();
		patches.exports.set(file, names);
		if (names.has(name)) return false;
		names.add(name);
		warn(`${file.slice(file.lastIndexOf("/") + 1)} exports no ${JSON.stringify(name)}`);
		return true;
	}
	if (location === null) return false;
	if (location.file === request.entry) throw syntax(request.shown, message);
	if (patches.broken.has(location.file)) return false;
	patches.broken.add(location.file);
	warn(`does not parse: ${text}`);
	return true;
}

function syntax(shown: string, { text, location }: Message): AppError {
	const line = location?.line ?? 1;
	return new AppError({
		code: "SOURCE_SYNTAX",
		message: `${shown}:${line} does not parse: ${text}`,
		hint: "Correct the module's syntax.",
		exit: EXIT.usage,
		line,
	});
}

function unsupported(shown: string): AppError {
	return new AppError({
		code: "SOURCE_UNSUPPORTED",
		message: `${shown} is neither JavaScript nor TypeScript.`,
		hint: "Name the function's entry module.",
		exit: EXIT.usage,
	});
}

/** esbuild reports a fault of the code as a list. Anything else is a fault of its program, such as one for another system. */
function notStarted(cause: unknown): AppError {
	return new AppError({
		code: ESBUILD_BROKEN,
		message: "The npm package esbuild, which bundles functions, does not run on this machine.",
		hint: "Install Coffer again on this machine: packages that were copied from another system do not run.",
		exit: EXIT.failure,
		cause,
	});
}

function unbundled(message: Message | undefined): AppError {
	return new AppError({
		code: "SOURCE_UNBUNDLED",
		message: `The modules cannot be bundled: ${message?.text ?? "the bundler reports no reason"}`,
		hint: "Check that the function runs with `deno run`.",
		exit: EXIT.failure,
	});
}
