/**
 * Checks the functions of an upload: settings, imports, and the files that the bundler sees. Runs in a separate
 * process.
 */
import { hash, toBase64 } from "../../../crypto.ts";
import { AppError } from "../../../errors.ts";
import type { Scanner } from "../../../modules/scan.ts";
import type { FunctionSource } from "../../functions/function.ts";
import { sharingOf } from "../batches/sharing.ts";
import { checkImports } from "../imports.ts";
import { readSettings } from "../settings.ts";
import { buildFiles, sourceHash } from "../sources.ts";
import type { CheckRules, Order, Report, SeenFiles } from "./messages.ts";

type CheckOrder = Extract<Order, { type: "check" }>;

/**
 * Keeps one object for equal contents of several uploads, so that results can be cached by the object. The total size is
 * limited.
 */
export class Contents {
	readonly #byHash = new Map<string, Uint8Array>();
	readonly #hashes = new WeakMap<Uint8Array, string>();
	readonly #bytesMax: number;
	#bytes = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Returns the kept object with equal bytes. Keeps the given object if there is none. */
	deduplicate(content: Uint8Array): Uint8Array {
		const id = this.hashOf(content);
		const known = this.#byHash.get(id);
		if (known !== undefined) return known;
		if (this.#bytes + content.length > this.#bytesMax) {
			this.#byHash.clear();
			this.#bytes = 0;
		}
		this.#byHash.set(id, content);
		this.#bytes += content.length;
		return content;
	}

	/** The hash of a content in url-safe base64. Each object is hashed once. */
	hashOf(content: Uint8Array): string {
		const known = this.#hashes.get(content);
		if (known !== undefined) return known;
		const id = toBase64(hash(content));
		this.#hashes.set(content, id);
		return id;
	}
}

/**
 * Checks each function and reports its result.
 * @param files path → content
 */
export function checkUploadedFunctions(
	files: ReadonlyMap<string, Uint8Array>,
	{ functions, maxima, refused }: CheckOrder,
	{ contents, rules, scanner }: { contents: Contents; rules: CheckRules; scanner: Scanner },
	report: (report: Report) => void,
): void {
	const read = (path: string) => {
		const error = refused.get(path);
		if (error !== undefined) throw new AppError(error as ConstructorParameters<typeof AppError>[0]);
		return files.get(path);
	};
	const made = new Set<string>();
	const check = (source: FunctionSource) => {
		const { importMap, staticFiles, ...declaration } = readSettings(files, source, maxima);
		const checked = checkImports({ files, read, scanner }, source.entry, rules, { importMap, staticFiles });
		const seen = buildFiles(files, source.entry, checked);
		const listed: SeenFiles = [...seen].map(([path, content]) => {
			if (files.get(path) === content) return [path, null];
			const id = contents.hashOf(content);
			if (!made.has(id)) report({ type: "made", id, content });
			made.add(id);
			return [path, id];
		});
		const hashOf = (content: Uint8Array) => contents.hashOf(content);
		const { entry, name } = source;
		const hashed = sourceHash(entry, rules.conditions, seen, hashOf);
		const localNames = checked.configuration.packages.localNames();
		const { assets, workers } = checked;
		report({
			type: "checked",
			name,
			entry,
			source: hashed,
			files: listed,
			assets,
			workers,
			localNames,
			sharing: sharingOf(seen, localNames),
			declaration,
		});
	};
	for (const source of functions) {
		try {
			check(source);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			report({ type: "refused", name: source.name, error: error.toJSON() });
		}
	}
}
