/**
 * The second reader: reads a whole vault with an identity and a memory, by docs/format.md, sections 6 to 9. It shares no
 * code with Coffer. So a test fails if a domain string, a field, an order or a rule differs between the two.
 */
import {
	bytesOf,
	commitmentOf,
	decrypt,
	fields,
	linkHash,
	openBox,
	type Person,
	recordDigest,
	unpadded,
	verifies,
} from "../primitives.ts";
import type { Value } from "../vector.ts";
import { type Epoch, type Membership, readChain, readVaultChain } from "./chains.ts";
import { Fault } from "./fault.ts";
import { type Entry, epochNumber, readText, type Section } from "./syntax.ts";

interface Pin {
	readonly vault: readonly string[];
	readonly environment: readonly string[];
	/** Digest and version of each name. */
	readonly marks: ReadonlyMap<string, { readonly version: number; readonly digest: string }>;
}

/** What a device remembers: the vault id, and of each environment the pin and the marks. */
export interface Memory {
	readonly vaultId: string;
	readonly pins: Map<string, Pin>;
}

/** The values, and the findings of the strict check. */
export interface Reading {
	readonly values: Value[];
	readonly losses: Set<string>;
	readonly memory: Memory;
}

export interface EnvironmentContext {
	readonly vaultId: string;
	readonly environment: string;
	readonly membership: Membership;
}

/** The keys of all epochs, starting with the newest; undefined if the reader is not a member. */
export function openKeys(
	{ vaultId, environment, membership }: EnvironmentContext,
	who: Person,
): ((id: string) => Uint8Array) | undefined {
	const committed = (key: Uint8Array | undefined, epoch: Epoch): Uint8Array => {
		if (key && commitmentOf(key, vaultId, environment, epoch.id) === epoch.commitment) return key;
		throw new Fault("VAULT_KEY_WRONG");
	};
	if (!membership.members.has(who.sign)) return undefined;
	const descending = [...membership.epochs].reverse();
	const present = descending[0] as Epoch;
	const wrap = bytesOf(present.wraps.get(who.sign), 80);
	const opened = [committed(wrap && openBox(wrap, who.box), present)];
	return (id) => {
		const at = descending.findIndex((epoch) => epoch.id === id);
		while (opened.length <= at) {
			const [later, earlier] = descending.slice(opened.length - 1) as [Epoch, Epoch];
			const sealed = bytesOf(later.previousKey, 72);
			const associated = fields("coffer/previous-key/1", vaultId, environment, later.id);
			const key = sealed && decrypt(sealed, associated, opened.at(-1) as Uint8Array);
			opened.push(committed(key, earlier));
		}
		return opened[at] as Uint8Array;
	};
}

function contextOf(
	{ vaultId, environment }: EnvironmentContext,
	{ epoch, name, version, kind, since }: Entry,
) {
	return [vaultId, environment, epoch, name, version, kind, since];
}

/** Whether a record counts. */
function verify(place: EnvironmentContext, entry: Entry): void {
	const { membership } = place;
	const line = entry.line + 1;
	const epoch = membership.epochs.find(({ id }) => id === entry.epoch);
	if (!epoch) throw new Fault("RECORD_EPOCH_UNKNOWN", line);
	if (!epoch.writers.has(entry.author)) throw new Fault("RECORD_AUTHOR_UNKNOWN", line);
	if (membership.members.get(entry.author)?.role !== "writer") throw new Fault("RECORD_AUTHOR_REMOVED", line);
	const content = fields("coffer/record/1", ...contextOf(place, entry), entry.author, entry.sealed);
	const [signature, key] = [bytesOf(entry.signature, 64), bytesOf(entry.author, 32)];
	if (!signature || !key || !verifies(signature, content, key)) throw new Fault("RECORD_FORGED", line);
}

/** The value; undefined for a tombstone. */
function open(place: EnvironmentContext, entry: Entry, key: Uint8Array): string | undefined {
	const fault = new Fault("RECORD_UNREADABLE", entry.line + 1);
	const sealed = bytesOf(entry.sealed, Math.floor((entry.sealed.length * 3) / 4));
	const opened = sealed && decrypt(sealed, fields("coffer/seal/1", ...contextOf(place, entry)), key);
	const content = opened && unpadded(opened);
	if (!content || content.length > 65_536) throw fault;
	if (entry.kind === "deleted" && content.length > 0) throw fault;
	if (entry.kind === "deleted") return undefined;
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
	} catch {
		throw fault;
	}
}

/**
 * Whether the chain is a beginning of the pinned one. @throws Fault if it neither is a beginning of the
 * pinned one nor continues it
 */
function isOlder(pinned: readonly string[], hashes: readonly string[]): boolean {
	if (hashes.some((hash, index) => index < pinned.length && hash !== pinned[index]))
		throw new Fault("MEMBERSHIP_DIVERGED");
	return hashes.length < pinned.length;
}

/** The findings of the strict check for a valid environment. */
function compare(pin: Pin, now: Pin, section: Section, losses: Set<string>, pinnedEpoch: number): void {
	if ([isOlder(pin.vault, now.vault), isOlder(pin.environment, now.environment)].includes(true))
		losses.add("MEMBERSHIP_ROLLED_BACK");
	for (const [name, { version, digest }] of pin.marks) {
		const entry = section.entries.find((other) => other.name === name);
		if (!entry) losses.add("RECORD_DROPPED");
		else if (entry.version < version) losses.add("RECORD_ROLLED_BACK");
		else if (entry.version === version && recordDigest(name, entry.body) !== digest)
			if ((epochNumber(entry.epoch) ?? 0) <= pinnedEpoch) losses.add("RECORD_REPLACED");
	}
}

/**
 * Reads every environment that the identity is a member of, and verifies the others.
 * @param bound the vault id that the identity is for
 * @throws Fault
 */
export function readVault(bytes: Uint8Array, who: Person, memory?: Memory, bound?: string): Reading {
	const text = readText(bytes);
	if ([bound, memory?.vaultId].some((id) => id !== undefined && id !== text.id))
		throw new Fault("VAULT_REPLACED");
	const environments = readVaultChain(text);
	const reading: Reading = { values: [], losses: new Set(), memory: { vaultId: text.id, pins: new Map() } };
	const names = new Set([...environments.keys(), ...text.sections.map(({ name }) => name)]);
	const changes = text.links.map(({ change }) => change.join(" "));
	let opened = 0;
	for (const name of [...names].sort()) {
		const section = text.sections.find((other) => other.name === name);
		if (!section) throw new Fault("VAULT_ENVIRONMENT_DROPPED", text.links.at(-1)?.line);
		const membership = readChain(section, text.id, environments.get(name));
		const place = { vaultId: text.id, environment: name, membership };
		if (
			readEnvironment(
				place,
				section,
				text.links.map((link) => linkHash(link.text)),
				{ who, reading, memory, changes },
			)
		)
			opened++;
	}
	if (opened === 0 && names.size > 0) throw new Fault("NOT_A_MEMBER");
	return reading;
}

interface Reader {
	readonly who: Person;
	readonly reading: Reading;
	readonly memory: Memory | undefined;
	/** What each link of the vault's chain changes. */
	readonly changes: readonly string[];
}

/** Whether the file has the pinned environment or another one of its name (section 9, "An environment that was created again"). */
function lifeOf(pin: Pin, now: Pin, name: string, changes: readonly string[]): "same" | "later" | "earlier" {
	const [pinned, present] = [pin.environment[0], now.environment[0]];
	if (pinned === present) return "same";
	const at = (genesis: string | undefined) => changes.indexOf(`create ${name} ${genesis}`);
	if (isOlder(pin.vault, now.vault)) return at(pinned) < 0 && at(present) >= 0 ? "earlier" : "same";
	const deleted = changes.indexOf(`delete ${name}`, Math.max(at(pinned), 0));
	return at(pinned) >= 0 && deleted >= 0 && at(present) > deleted ? "later" : "same";
}

/** @returns whether the reader is a member */
function readEnvironment(
	place: EnvironmentContext,
	section: Section,
	vault: readonly string[],
	reader: Reader,
): boolean {
	const { who, reading, memory } = reader;
	const pin = memory?.pins.get(section.name);
	const digests = section.entries.map(
		({ name, version, body }) => [name, { version, digest: recordDigest(name, body) }] as const,
	);
	const now: Pin = {
		vault,
		environment: section.links.map(({ text }) => linkHash(text)),
		marks: new Map(digests),
	};
	const life = pin && lifeOf(pin, now, section.name, reader.changes);
	if (life === "earlier") reading.losses.add("MEMBERSHIP_ROLLED_BACK");
	if (pin && life === "same") {
		const epochs = section.links
			.slice(0, pin.environment.length)
			.filter(({ change }) => change[0] === "epoch");
		compare(pin, now, section, reading.losses, 1 + epochs.length);
	}
	const keyOf = openKeys(place, who);
	for (const entry of section.entries) {
		if (life !== "same" || pin?.marks.get(entry.name)?.digest !== recordDigest(entry.name, entry.body))
			verify(place, entry);
		const value = keyOf && open(place, entry, keyOf(entry.epoch));
		if (value !== undefined) reading.values.push([section.name, entry.name, value]);
	}
	if (keyOf) reading.memory.pins.set(section.name, pin && life === "earlier" ? pin : now);
	return keyOf !== undefined;
}
