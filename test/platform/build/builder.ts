import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { AppError } from "../../../src/errors.ts";
import {
	type Builder,
	type BuilderOptions,
	type Bundle,
	openBuilder,
} from "../../../src/platform/build/bundle.ts";
import type { CheckedFunction } from "../../../src/platform/build/check/checker.ts";
import type { SandboxLevel } from "../../../src/platform/build/sandbox.ts";
import type { FunctionMaxima } from "../../../src/platform/configuration/limits.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";

export const CANARY = "canary-3f9c1e";
export const ENTRY = "functions/a/index.ts";

/** The kinds of sandbox that work on Linux for this user, best first; empty on other systems. */
export const LEVELS: readonly SandboxLevel[] =
	process.platform !== "linux"
		? ["none"]
		: process.getuid?.() === 0
			? ["bubblewrap", "namespaces", "user", "none"]
			: ["bubblewrap", "namespaces", "none"];

/** The variables that this machine needs to reach the registry. */
export const NETWORK = Object.fromEntries(
	Object.entries({ ...process.env, DENO_TLS_CA_STORE: "system,mozilla" }).flatMap(([name, value]) =>
		/^(SSL_CERT_|DENO_TLS_|DENO_CERT|HTTPS?_PROXY|NO_PROXY)/i.test(name) && value !== undefined
			? [[name, value]]
			: [],
	),
);

export interface BuildFolders {
	/** The folder for all files of one test file. */
	root: string;
	/** The builder's folder. */
	directory: string;
	/** A folder with files that no build may read, each holding the canary. */
	data: string;
}

/** A place that is removed after the test file. */
export function makeBuildFolders(): BuildFolders {
	const root = mkdtempSync(join(tmpdir(), "coffer-build-"));
	chmodSync(root, 0o711);
	afterAll(() => rmSync(root, { recursive: true, force: true }));
	const place = { root, directory: join(root, "builder"), data: join(root, "data") };
	mkdirSync(place.data, { mode: 0o700 });
	for (const name of ["canary.json", "canary.ts", "canary.txt", "canary.css"]) {
		const text = name.endsWith(".ts")
			? `export default ${JSON.stringify(CANARY)};`
			: JSON.stringify({ CANARY });
		writeFileSync(join(place.data, name), text, { mode: 0o600 });
	}
	return place;
}

export async function testBuilder(
	place: BuildFolders,
	options: Partial<BuilderOptions> = {},
): Promise<Builder> {
	return await openBuilder({
		deno: await findDeno(),
		directory: place.directory,
		hidden: [place.data],
		passthrough: NETWORK,
		stdHttp: readFileSync("src/platform/runtime/host/std-http.ts", "utf8"),
		...options,
	});
}

export function filesOf(files: Record<string, string>): Map<string, Uint8Array> {
	return new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]));
}

const MAXIMA: FunctionMaxima = { memoryMB: 1024, timeoutSeconds: 150, maxBodyMB: 100 };

/** Prepares one function of an upload. @throws the error of that function */
export async function prepare(
	builder: Builder,
	files: ReadonlyMap<string, Uint8Array>,
	entry = ENTRY,
): Promise<CheckedFunction> {
	const { functions } = await builder.prepare({ files, functions: [{ name: "a", entry }] }, MAXIMA);
	const prepared = functions.get("a");
	if (prepared === undefined || prepared instanceof AppError)
		throw prepared ?? new Error("Nothing was said of it.");
	return prepared;
}

/** A bundle, and its texts. */
export interface BundleText extends Omit<Bundle, "sourceMap"> {
	readonly text: string;
	readonly sourceMap: string;
	readonly sources: string[];
}

export async function buildText(
	builder: Builder,
	files: Record<string, string>,
	entry = ENTRY,
): Promise<BundleText> {
	return textOf(await builder.build(await prepare(builder, filesOf(files), entry)));
}

/**
 * Builds functions of one upload, which takes less processor time than an upload for each.
 * @param sources the text of `functions/f0.EXTENSION`, of `functions/f1.EXTENSION`, and so on
 * @throws the error of the first function that has one
 */
export async function buildEach(
	builder: Builder,
	sources: readonly string[],
	extension: string,
): Promise<BundleText[]> {
	const entries = sources.map((_, index) => `functions/f${index}.${extension}`);
	const files = filesOf(Object.fromEntries(entries.map((entry, index) => [entry, sources[index] ?? ""])));
	const functions = entries.map((entry, index) => ({ name: `f${index}`, entry }));
	const checked = await builder.prepare({ files, functions }, MAXIMA);
	const built = [...checked.functions.values()].map(async (prepared) => {
		if (prepared instanceof AppError) throw prepared;
		return textOf(await builder.build(prepared));
	});
	return await Promise.all(built);
}

function textOf(bundle: Bundle): BundleText {
	const [text = "", sourceMap = ""] = [bundle.code, bundle.sourceMap].map((bytes) =>
		new TextDecoder().decode(bytes),
	);
	const { sources } = JSON.parse(sourceMap) as { sources: string[] };
	return { ...bundle, text, sourceMap, sources };
}
