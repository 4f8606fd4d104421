/** A device that has read the last commit of a history, and its ways to read a mutant. */
import { vaultTextOf } from "../../../../src/project/files/vault-text.ts";
import { linkHash } from "../../../../src/vault/chains/chain.ts";
import { openKeys } from "../../../../src/vault/chains/environment-keys.ts";
import { verifyRoot } from "../../../../src/vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../../../src/vault/document/document.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import {
	advanceVersionMarks,
	checkPin,
	compareVersionMarks,
	hasVersionMark,
	type Pin,
	type VersionMark,
} from "../../../../src/vault/document/version-marks.ts";
import { mergeRecords } from "../../../../src/vault/merge/merge-records.ts";
import { mergeVaults } from "../../../../src/vault/merge/merge-vaults.ts";
import type { SealedRecord } from "../../../../src/vault/records/record.ts";
import { openRecord, verifyRecord } from "../../../../src/vault/records/seal.ts";
import { maskValue } from "../../../../src/vault/syntax/mask.ts";
import { seeded } from "../../../vault/maker.ts";
import type { History } from "./history.ts";

/** The parts of a reader. A planted bug replaces one of them. */
export interface Reader {
	readonly decode: typeof vaultTextOf;
	readonly parse: typeof parseVault;
	readonly verifyChains: typeof verifyChains;
	readonly verifyRecord: typeof verifyRecord;
	readonly openRecord: typeof openRecord;
	readonly checkPin: typeof checkPin;
	readonly compareMarks: typeof compareVersionMarks;
}

/** Coffer's own parts. */
export const READER: Reader = {
	decode: vaultTextOf,
	parse: parseVault,
	verifyChains,
	verifyRecord,
	openRecord,
	checkPin,
	compareMarks: compareVersionMarks,
};

interface Memory {
	readonly pin: Pin;
	readonly marks: Map<string, VersionMark>;
}

/** The outcome of a mutant that was not refused. */
export const OUTCOME = { silent: "read as it was", noticed: "noticed", united: "united rightly" } as const;

/** A way to read a mutant. @returns the outcome: whether a loss was detected. @throws AppError */
export type Route = (bytes: Uint8Array) => (typeof OUTCOME)[keyof typeof OUTCOME];

const reader = seeded(1);

export class Device {
	readonly #reader: Reader;
	readonly #last: VaultDocument;
	readonly #memory = new Map<string, Memory>();
	/** `ENVIRONMENT/NAME` with every value that it had in a commit. The last one is the present value. */
	readonly #values = new Map<string, (string | undefined)[]>();

	constructor({ commits }: History, parts: Reader = READER) {
		this.#reader = parts;
		for (const text of commits) this.#learn(parseVault(text));
		this.#last = parseVault(commits.at(-1) ?? "");
		for (const [name, section] of this.#last.environments) {
			const marks = new Map<string, VersionMark>();
			advanceVersionMarks(marks, section.records.values());
			const { number: epoch } = verifyChains(this.#last, name).state.epoch;
			const [vault, environment] = [this.#last.links.map(linkHash), section.links.map(linkHash)];
			this.#memory.set(name, { pin: { vault, environment, epoch }, marks });
		}
	}

	get routes(): Readonly<Record<string, Route>> {
		return {
			open: (bytes) => this.#read(bytes, (path, value, loss) => this.#require(path, value, loss)),
			list: (bytes) => this.#read(bytes, (path, value, loss) => this.#requireMask(path, value, loss)),
			sync: (bytes) => this.#sync(bytes),
			unite: (bytes) => this.#unite(bytes),
			verify: (bytes) => this.#verify(bytes),
		};
	}

	#learn(document: VaultDocument): void {
		for (const name of document.environments.keys()) {
			const { state, section } = verifyChains(document, name);
			const keys = openKeys(state, reader);
			for (const record of section.records.values()) {
				const path = `${name}/${record.name}`;
				this.#values.set(path, [...(this.#values.get(path) ?? []), openRecord(state, keys, record)]);
			}
		}
	}

	#load(bytes: Uint8Array): VaultDocument {
		return this.#reader.parse(this.#reader.decode(bytes));
	}

	/**
	 * The losses of an environment since it was seen: names, and whether its membership is older. @throws
	 * AppError
	 */
	#lossOf(name: string, document: VaultDocument): { older: boolean; names: readonly string[] } {
		const memory = this.#memory.get(name);
		const section = document.environments.get(name);
		if (!memory || !section) return { older: true, names: [] };
		const { older } = this.#reader.checkPin(memory.pin, name, {
			vault: document.links,
			environment: section.links,
		});
		const { rolledBack, dropped } = this.#reader.compareMarks(memory.marks, section.records);
		return { older, names: [...rolledBack, ...dropped] };
	}

	#outcomeOf(document: VaultDocument, moved = false): ReturnType<Route> {
		const losses = [...this.#memory.keys()].map((name) => this.#lossOf(name, document));
		const noticed = moved || losses.some(({ older, names }) => older || names.length > 0);
		return noticed ? OUTCOME.noticed : OUTCOME.silent;
	}

	/**
	 * Checks a value. If it is not the present one, it must be an earlier one, and the loss must be detected.
	 * The message never contains the value.
	 */
	#require(path: string, value: string | undefined, noticed: boolean): void {
		const known = this.#values.get(path);
		const old = noticed && (known?.includes(value) ?? false);
		if (!known || (value !== known.at(-1) && !old)) throw new Error(`${path} was read wrongly`);
	}

	#requireMask(path: string, value: string | undefined, noticed: boolean): void {
		const masks = (this.#values.get(path) ?? []).map((known) => known && maskValue(known));
		const mask = value && maskValue(value);
		if (mask !== masks.at(-1) && !(noticed && masks.includes(mask)))
			throw new Error(`${path} was masked wrongly`);
	}

	#trust(name: string, state: Parameters<typeof verifyRecord>[0], record: SealedRecord): void {
		const marks = this.#memory.get(name)?.marks ?? new Map();
		if (!hasVersionMark(marks, record)) this.#reader.verifyRecord(state, record);
	}

	/**
	 * Like a session: compares chains with the pin and records with the marks, and then decrypts all records.
	 */
	#read(
		bytes: Uint8Array,
		check: (path: string, value: string | undefined, loss: boolean) => void,
	): ReturnType<Route> {
		const document = this.#load(bytes);
		for (const name of this.#names(document)) {
			const { state, section } = this.#reader.verifyChains(document, name, this.#memory.get(name)?.pin);
			const { older, names } = this.#lossOf(name, document);
			const keys = openKeys(state, reader);
			for (const record of section.records.values()) {
				this.#trust(name, state, record);
				const value = this.#reader.openRecord(state, keys, record);
				check(`${name}/${record.name}`, value, older || names.includes(record.name));
			}
		}
		return this.#outcomeOf(document);
	}

	#names(document: VaultDocument): string[] {
		const { environments } = verifyRoot(document.vaultId, document.links);
		return [...new Set([...environments.keys(), ...document.environments.keys()])];
	}

	/** Like a sync: the last commit is both their side and the merge base. */
	#sync(bytes: Uint8Array): ReturnType<Route> {
		const document = this.#load(bytes);
		let moved = false;
		for (const name of this.#names(document)) {
			const { state, section } = this.#reader.verifyChains(document, name);
			const { older, names } = this.#lossOf(name, document);
			const keys = openKeys(state, reader);
			const theirs = older ? new Map() : (this.#last.environments.get(name)?.records ?? new Map());
			const base = this.#memory.get(name)?.marks ?? new Map();
			const no = () => false;
			const merged = mergeRecords({ ours: section.records, theirs, base, sameValue: no, isReencrypted: no });
			moved ||= merged.send.length + merged.conflicts.length + merged.rolledBack.length > 0;
			for (const record of [...section.records.values(), ...merged.take]) {
				this.#trust(name, state, record);
				const value = this.#reader.openRecord(state, keys, record);
				this.#require(`${name}/${record.name}`, value, older || names.includes(record.name));
			}
		}
		return this.#outcomeOf(document, moved);
	}

	/** Like a merge in git: the last commit is the other side. */
	#unite(bytes: Uint8Array): ReturnType<Route> {
		const { document, conflicts } = mergeVaults(this.#load(bytes), this.#last);
		const open = new Set(conflicts.map(({ environment, name }) => `${environment}/${name}`));
		for (const [name, memory] of this.#memory) {
			const { state, section } = verifyChains(document, name);
			const keys = openKeys(state, reader);
			for (const record of memory.marks.keys()) {
				const united = section.records.get(record);
				if (!united && open.has(`${name}/${record}`)) continue;
				this.#require(`${name}/${record}`, united && openRecord(state, keys, united), false);
			}
		}
		return OUTCOME.united;
	}

	/** Like a check without a key. */
	#verify(bytes: Uint8Array): ReturnType<Route> {
		const document = this.#load(bytes);
		for (const name of this.#names(document)) {
			const { state, section } = this.#reader.verifyChains(document, name);
			for (const record of section.records.values()) this.#reader.verifyRecord(state, record);
		}
		return this.#outcomeOf(document);
	}
}
