/**
 * Bundles an entry in this process as `deno bundle` would: with the same bundler and the same conditions. A
 * module that is not available is left out of the bundle, and reported.
 */
import { type BuildFailure, type BuildOptions, build, type Message } from "esbuild";
import { AppError, EXIT } from "../errors.ts";
import { isCode } from "../modules/paths.ts";
import type { Setting, Warning } from "./disk.ts";
import { type BundleRequest, isNote, type Note, type Patches, resolver } from "./resolver.ts";

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

/** The code of the error that concerns no entry alone: esbuild does not run. */
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
	mainFields: ["main"],
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
 * Bundles one entry. Modules that do not parse are left out, with a warning, except for the entry itself.
 * @throws AppError `SOURCE_SYNTAX` (exit 2) with the line if the entry does not parse; `SOURCE_UNSUPPORTED`
 *   (exit 2) if it is not code; `PACKAGE_BROKEN` (exit 1) if esbuild itself does not run; `SOURCE_UNBUNDLED` (exit 1)
 *   for any other fault that prevents a bundle
 */
export async function bundleEntry(request: BundleRequest): Promise<LocalBundle> {
	if (!isCode(request.entry)) throw unsupported(request.shown);
	const patches: Patches = { broken: new Set(), exports: new Map(), sources: new Map() };
	const warnings: Warning[] = [...request.setting.warnings];
	for (let attempt = 0; ; attempt++) {
		try {
			const result = await build({
				...OPTIONS,
				tsconfigRaw: { compilerOptions: compilerOptions(request.setting) },
				plugins: [resolver(request, patches)],
			});
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

/** Makes the next build leave out what this one failed at. @returns whether that changes anything */
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
		message: `The modules cannot be bundled: ${message?.text ?? "the bundler gives no reason"}`,
		hint: "Check that the function runs with `deno run`.",
		exit: EXIT.failure,
	});
}
