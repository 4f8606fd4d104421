/** One device of a simulation: a real project folder, a real state folder, the real client. */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Transport } from "../../../../src/http/request.ts";
import { fingerprint, type Identity } from "../../../../src/identity/identity.ts";
import { bindingOf, platformOf, readConfig } from "../../../../src/project/files/config.ts";
import { readSession } from "../../../../src/project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../../../src/project/session/session.ts";
import type { LinkTarget } from "../../../../src/sync/client/link-target.ts";
import { Remote } from "../../../../src/sync/client/platform-client.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { formatRecord, type SealedRecord } from "../../../../src/vault/records/record.ts";
import { ORIGIN } from "../platform/platform.ts";
import { DELETED, type Ledger } from "../world/ledger.ts";

export const ENVIRONMENT = "production";
const COMMITTED = ["coffer.vault", "coffer.json"];

/** The text of a value. The trace shows its number. */
export function valueText(number: number): string {
	return `value number ${number}`;
}

function numberOf(text: string | undefined): string {
	return text === undefined ? DELETED : `#${text.replace("value number ", "")}`;
}

export class Device {
	readonly index: number;
	readonly context: SessionContext;
	readonly identity: Identity;
	/** Whether the device has a clone of the project. */
	hasJoined = false;
	/** Whether somebody removed its identity from the environment. */
	isRemoved = false;
	/** Whether one of its processes has written the vault and ended before it wrote its memory. */
	hasForgotten = false;
	/** Names that a sync asked about and that are not decided yet. */
	readonly asked = new Set<string>();
	/** The log's revision up to which it has merged everything, as its syncs reported. */
	revision = 0;
	/** Git: the text that was last merged from the shared branch. */
	merged = "";
	/** The vault's text after the last step. */
	text = "";
	#records: ReadonlyMap<string, SealedRecord> = new Map();

	constructor(index: number, folder: string, identity: Identity) {
		this.index = index;
		this.identity = identity;
		this.context = {
			root: join(folder, "project"),
			environment: ENVIRONMENT,
			identity,
			member: fingerprint(identity.publicKeys),
			stateFolder: join(folder, "state"),
		};
	}

	get memberName(): string {
		return `device-${this.index}`;
	}

	get vaultPath(): string {
		return join(this.context.root, "coffer.vault");
	}

	get records(): ReadonlyMap<string, SealedRecord> {
		return this.#records;
	}

	async prepare(): Promise<void> {
		await mkdir(this.context.root, { recursive: true });
	}

	/** Clones another device's working copy. */
	async clone(from: Device, ledger: Ledger): Promise<void> {
		for (const name of COMMITTED)
			await copyFile(join(from.context.root, name), join(this.context.root, name));
		this.hasJoined = true;
		this.merged = await readFile(this.vaultPath, "utf8");
		await this.look(ledger);
		this.carried(ledger);
	}

	/** Records that git brought the vault's present content. */
	carried(ledger: Ledger): void {
		for (const record of this.#records.values()) {
			const value = ledger.valueOf(formatRecord(record));
			if (value !== undefined) ledger.recordValue(record.name, value);
		}
	}

	async target(carry: Transport, token: string, remotes: RemoteMaker): Promise<LinkTarget> {
		const binding = platformOf(bindingOf(await readConfig(this.context.root), ENVIRONMENT));
		if (!binding) throw new TypeError("The project is not linked.");
		// There are no real waiting times. The schedule decides whether a response is late.
		return { binding, remote: remotes({ url: ORIGIN, token, answerMs: 1, transport: carry }) };
	}

	/** Records the vault's present content. */
	async look(ledger: Ledger): Promise<void> {
		const text = await readFile(this.vaultPath, "utf8").catch(() => "");
		if (text === this.text) return;
		this.text = text;
		this.#records = parseVault(text).environments.get(ENVIRONMENT)?.records ?? new Map();
		const unknown = [...this.#records.values()].filter(
			(one) => ledger.valueOf(formatRecord(one)) === undefined,
		);
		if (unknown.length > 0) {
			const { session } = await readSession(this.context);
			for (const record of unknown) ledger.learn(formatRecord(record), numberOf(session.open(record)));
		}
		for (const record of this.#records.values()) {
			const value = ledger.valueOf(formatRecord(record));
			if (value !== undefined) ledger.see(this.index, record.name, value);
		}
	}

	/** The value of a name in the vault, as last recorded. */
	holds(ledger: Ledger, name: string): string | undefined {
		const record = this.#records.get(name);
		return record && ledger.valueOf(formatRecord(record));
	}

	/** A copy of the device's memory, to restore it later. */
	async remembered(): Promise<ReadonlyMap<string, Buffer>> {
		const files = new Map<string, Buffer>();
		const { stateFolder } = this.context;
		const entries = await readdir(stateFolder, { recursive: true, withFileTypes: true }).catch(() => []);
		for (const entry of entries) {
			const path = join(entry.parentPath, entry.name);
			if (entry.isFile() && entry.name.endsWith(".json")) files.set(path, await readFile(path));
		}
		return files;
	}

	async putBack(remembered: ReadonlyMap<string, Buffer>): Promise<void> {
		this.hasForgotten = true;
		for (const path of (await this.remembered()).keys()) if (!remembered.has(path)) await rm(path);
		for (const [path, bytes] of remembered) await writeFile(path, bytes);
	}
}

export type RemoteMaker = (options: ConstructorParameters<typeof Remote>[0]) => Remote;
export const plainRemote: RemoteMaker = (options) => new Remote(options);
