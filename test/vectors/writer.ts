/**
 * A writer of vaults, written from docs/format.md alone. It can also write invalid vaults. Random bytes come
 * from a seed and a counter, so that the same calls give the same bytes.
 */
import {
	alice,
	base64,
	blake2b,
	commitmentOf,
	encrypt,
	fields,
	linkHash,
	type Person,
	padded,
	sealedBox,
	signatureOf,
} from "./primitives.ts";
import type { Epoch, EpochWords, LinkTwist, RecordWords } from "./words.ts";

export class EnvironmentWriter {
	readonly vault: VaultWriter;
	readonly name: string;
	links: string[] = [];
	/** Second lines by name. Printed sorted. */
	readonly records = new Map<string, string>();
	readonly epochs: Epoch[] = [];
	members: Person[] = [];

	constructor(vault: VaultWriter, name: string) {
		this.vault = vault;
		this.name = name;
	}

	get epoch(): Epoch {
		return this.epochs.at(-1) as Epoch;
	}

	newEpoch(number: number): Epoch {
		const id = `${number}.${base64(this.vault.random(8))}`;
		const epoch = { id, number, key: this.vault.random(32) };
		this.epochs.push(epoch);
		return epoch;
	}

	wrap(person: Person, key = this.epoch.key): string {
		return base64(sealedBox(key, person.box.publicKey, this.vault.random(32)));
	}

	commitment({ id, key }: Epoch = this.epoch): string {
		return commitmentOf(key, this.vault.id, this.name, id);
	}

	/** @param change replaces the correct words */
	genesis(
		change: (words: string[]) => string[] = (words) => words,
		twist: LinkTwist = {},
		by = alice,
	): string {
		const epoch = this.newEpoch(1);
		const words = ["genesis", this.name, epoch.id, this.commitment(), ...by.words, this.wrap(by)];
		this.members = [by];
		return this.link(change(words), twist, by);
	}

	link(change: readonly string[], twist: LinkTwist = {}, by = alice): string {
		const link = this.vault.makeLink(this.name, this.links, change, twist, by);
		this.links.push(link);
		return link;
	}

	add(role: string, person: Person, change = (words: string[]) => words, by = alice): string {
		this.members.push(person);
		return this.link(change(["add", role, ...person.words, this.wrap(person)]), {}, by);
	}

	/** Starts the next epoch. Records are not re-encrypted. */
	begin(
		removed: readonly Person[],
		change = (words: EpochWords) => words,
		twist: LinkTwist = {},
		by = alice,
	): string {
		const before = this.epoch;
		const epoch = this.newEpoch(before.number + 1);
		const remaining = this.members.filter((member) => !removed.includes(member));
		const sorted = [...remaining].sort((a, b) => (a.sign < b.sign ? -1 : 1));
		const associated = fields("coffer/previous-key/1", this.vault.id, this.name, epoch.id);
		const words = change({
			id: epoch.id,
			commitment: this.commitment(),
			previousKey: base64(encrypt(this.vault.random(24), before.key, associated, epoch.key)),
			removed:
				removed
					.map(({ sign }) => sign)
					.sort()
					.join(",") || "-",
			wraps: sorted.map((member) => `${member.sign}:${this.wrap(member)}`).join(","),
		});
		this.members = remaining;
		const { id, commitment, previousKey, removed: gone, wraps } = words;
		return this.link(["epoch", id, commitment, previousKey, gone, wraps], twist, by);
	}

	/** Adds a record; the value of a tombstone is empty. @returns its second line */
	set(name: string, value: string, words: RecordWords = {}): string {
		const { version = 1, kind = "live", epoch = this.epoch, by = alice, author = by.sign } = words;
		const since = words.since ?? epoch.number;
		const context = [this.vault.id, this.name, epoch.id, name, version, kind, since];
		const associated = fields("coffer/seal/1", ...(words.sealContext ?? context));
		const content = words.content ?? padded(Buffer.from(value));
		const nonce = this.vault.random(24);
		const sealed = words.sealed ?? base64(encrypt(nonce, content, associated, words.key ?? epoch.key));
		const signed = fields("coffer/record/1", ...(words.signContext ?? context), author, sealed);
		const made = signatureOf(signed, by.signing);
		const signature = base64(words.signature?.(made, signed) ?? made);
		const body = [`v${version}`, kind, epoch.id, since, author, sealed, signature].join(" ");
		this.records.set(name, body);
		return body;
	}

	/** A record's word: 0 version, 1 kind, 2 epoch, 3 since, 4 author, 5 payload, 6 signature. */
	word(name: string, index: number): string {
		return this.records.get(name)?.split(" ")[index] ?? "";
	}

	lines(): string[] {
		const names = [...this.records.keys()].sort((a, b) => (a < b ? -1 : 1));
		const records = names.flatMap((name) => [name, this.records.get(name) ?? "", ""]);
		return ["", `environment ${this.name}`, ...this.links, "", ...records, `end ${this.name}`];
	}
}

export class VaultWriter {
	id = "";
	links: string[] = [];
	readonly environments = new Map<string, EnvironmentWriter>();
	readonly #seed: string;
	#count = 0;

	constructor(seed = "vectors") {
		this.#seed = seed;
	}

	random(bytes: number): Uint8Array {
		return blake2b(fields("coffer/test-vectors", this.#seed, this.#count++)).slice(0, bytes);
	}

	makeLink(
		environment: string,
		chain: readonly string[],
		change: readonly string[],
		twist: LinkTwist,
		by: Person,
	): string {
		const last = chain.at(-1);
		const index = twist.index ?? chain.length;
		const previous = twist.previous ?? (last === undefined ? "-" : linkHash(last));
		const unsigned = ["link", index, previous, ...change, twist.signer ?? by.sign].join(" ");
		const [vaultId, place] = twist.context ?? [this.id, environment];
		const content = fields("coffer/link/1", vaultId, place, unsigned);
		const made = signatureOf(content, by.signing);
		return `${unsigned} ${base64(twist.signature?.(made, content) ?? made)}`;
	}

	link(change: readonly string[], twist: LinkTwist = {}, by = alice): string {
		const link = this.makeLink("", this.links, change, twist, by);
		this.links.push(link);
		return link;
	}

	/** Adds the vault's first link, whose hash is the vault id. */
	genesis(change = (words: string[]) => words, twist: LinkTwist = {}, by = alice): string {
		const link = this.link(change(["genesis", base64(this.random(16)), ...by.words]), twist, by);
		this.id = linkHash(link);
		return link;
	}

	/** Adds a section without its first link. */
	section(name: string): EnvironmentWriter {
		const environment = new EnvironmentWriter(this, name);
		this.environments.set(name, environment);
		return environment;
	}

	create(name: string, by = alice): EnvironmentWriter {
		const environment = this.section(name);
		this.link(["create", name, linkHash(environment.genesis(undefined, undefined, by))], {}, by);
		return environment;
	}

	environment(name: string): EnvironmentWriter {
		return this.environments.get(name) as EnvironmentWriter;
	}

	get production(): EnvironmentWriter {
		return this.environment("production");
	}

	get preview(): EnvironmentWriter {
		return this.environment("preview");
	}

	lines(): string[] {
		const sections = [...this.environments.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
		const chain = [`coffer-vault 1 ${this.id}`, "", "vault", ...this.links, "end vault"];
		return [...chain, ...sections.flatMap((section) => section.lines())];
	}

	text(): string {
		return `${this.lines().join("\n")}\n`;
	}
}
