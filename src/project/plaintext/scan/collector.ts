/** Collects what a scan finds, file by file. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import type { Allowed } from "../allowed.ts";
import { type FoundIn, findingsIn } from "../finding.ts";
import type { VaultValues } from "../live-values.ts";
import { type Found, Search } from "../search.ts";
import { isSearchable } from "../searchable.ts";
import { systemPath } from "./byte-path.ts";
import type { Scan, ScanFinding, ScanOf } from "./report.ts";

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

/** The text of a link; undefined for every other file. */
function linkTarget(path: string): Buffer | undefined {
	const isLink = lstatSync(systemPath(path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
	return isLink ? readlinkSync(systemPath(path), { encoding: "buffer" }) : undefined;
}

/** A file that was searched, and what else to report of it. */
export interface Searched extends FoundIn {
	readonly more?: Pick<ScanFinding, "blob" | "commit">;
}

export class Collector {
	readonly search: Search;
	readonly #values: VaultValues;
	readonly #findings: ScanFinding[] = [];
	#files = 0;
	#bytes = 0;
	#omitted = 0;

	constructor(values: VaultValues) {
		this.#values = values;
		this.search = new Search(values.secrets);
	}

	get bytes(): number {
		return this.#bytes;
	}

	/** Takes a piece of a file. */
	push(bytes: Buffer): void {
		this.#bytes += bytes.length;
		this.search.push(bytes);
	}

	/** Ends a file. @returns what it contains */
	end(): readonly Found[] {
		this.#files++;
		const { found, omitted } = this.search.end();
		this.#omitted += omitted;
		return found;
	}

	/** Adds findings of one content for each of its files. */
	report(found: readonly Found[], files: readonly Searched[], isAllowed: Allowed): void {
		for (const { file, more, path } of files)
			this.#findings.push(
				...findingsIn({ file, path }, found, isAllowed).map((finding) => ({ ...finding, ...more })),
			);
	}

	/**
	 * Searches a file of the system. The text of a link is searched, and the file that it names is not. A socket or a
	 * device has nothing.
	 * @param path a byte path
	 * @param isNamed whether the user named the file: links are followed then, and pipes read
	 * @throws the system's error
	 */
	searchFile(path: string, isNamed: boolean): readonly Found[] {
		const target = isNamed ? undefined : linkTarget(path);
		if (target) {
			this.push(target);
			return this.end();
		}
		const file = openSync(systemPath(path), isNamed ? O_RDONLY : O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
		try {
			if (!isNamed && !fstatSync(file).isFile()) return [];
			this.#readAll(file);
		} finally {
			closeSync(file);
		}
		return this.end();
	}

	#readAll(file: number): void {
		for (;;) {
			const { room } = this.search;
			const count = readSync(file, room, 0, room.length, null);
			if (count === 0) return;
			this.#bytes += count;
			this.search.advance(count);
		}
	}

	result(of: ScanOf, gaps: Pick<Scan, "absent" | "isShallow" | "missing" | "unread">): Scan {
		const { closed, opened, secrets } = this.#values;
		return {
			of,
			searched: { files: this.#files, bytes: this.#bytes },
			findings: this.#findings,
			omitted: this.#omitted,
			environments: opened,
			closed,
			short: secrets
				.filter(({ value }) => !isSearchable(value))
				.map(({ environment, name }) => ({ environment, name })),
			...gaps,
			otherVaults: [],
		};
	}
}
