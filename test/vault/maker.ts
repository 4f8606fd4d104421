/** Makes vaults for tests with the real code, and links that no honest writer would make. */
import { cryptoReady } from "../../src/crypto.ts";
import { AppError } from "../../src/errors.ts";
import { type Identity, identityOf } from "../../src/identity/identity.ts";
import { type ChainContext, type Link, makeLink } from "../../src/vault/chains/chain.ts";
import {
	commitmentOf,
	type EnvironmentKeys,
	newEnvironmentKey,
	newEpochId,
	openKeys,
	sealPreviousKey,
	wrapKey,
} from "../../src/vault/chains/environment-keys.ts";
import type { Member, Role } from "../../src/vault/chains/membership.ts";
import { verifyRoot } from "../../src/vault/chains/vault-chain.ts";
import { createEnvironment, createVault, makeAddMember } from "../../src/vault/document/create.ts";
import {
	type EnvironmentSection,
	type VaultDocument,
	type VerifiedEnvironment,
	verifyChains,
	withRecords,
	withSection,
} from "../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../src/vault/document/format.ts";
import type { SealedRecord } from "../../src/vault/records/record.ts";
import { openRecord, sealRecord, verifyRecord } from "../../src/vault/records/seal.ts";

await cryptoReady;

/** The identity whose seed is this byte, 32 times. */
export function seeded(byte: number): Identity {
	return identityOf(new Uint8Array(32).fill(byte));
}

/** The owner and first writer of every vault here. */
export const alice = seeded(1);
/** A writer. */
export const bob = seeded(2);
/** A reader. */
export const carol = seeded(3);
/** A writer who is removed. */
export const dave = seeded(4);
/** A member of nothing. */
export const mallory = seeded(66);

export const PRODUCTION = "production";

/** The words of an epoch link, so that a test can replace one. */
export interface EpochWords {
	id: string;
	commitment: string;
	previousKey: string;
	removed: string;
	wraps: string;
}

/** The members who remain, sorted by signing key. */
function remaining(members: Iterable<Member>, removed: readonly Identity[]): Member[] {
	const removedKeys = new Set(removed.map(({ publicKeys }) => publicKeys.sign));
	return [...members].filter(({ sign }) => !removedKeys.has(sign)).sort((a, b) => (a.sign < b.sign ? -1 : 1));
}

export class VaultMaker {
	document: VaultDocument;

	constructor(environment = PRODUCTION, creator: Identity = alice) {
		this.document = createVault(environment, { ...creator.publicKeys, name: "alice" }, creator);
	}

	get text(): string {
		return printVault(this.document);
	}

	section(environment = PRODUCTION): EnvironmentSection {
		const section = this.document.environments.get(environment);
		if (!section) throw new Error(`no section ${environment}`);
		return section;
	}

	verified(environment = PRODUCTION): VerifiedEnvironment {
		return verifyChains(this.document, environment);
	}

	keys(environment = PRODUCTION, who: Identity = alice): EnvironmentKeys {
		return openKeys(this.verified(environment).state, who);
	}

	environment(name: string): this {
		this.document = createEnvironment(this.document, name, { ...alice.publicKeys, name: "alice" }, alice);
		return this;
	}

	/** Appends any link to the vault's chain (environment "") or to an environment's, without checks. */
	link(environment: string, change: readonly string[], by: Identity = alice, context?: ChainContext): this {
		const { vaultId } = this.document;
		const links = environment === "" ? this.document.links : this.section(environment).links;
		const made = makeLink(context ?? { vaultId, environment }, links.at(-1), change, by.signing);
		return this.links(environment, [...links, made]);
	}

	/** Replaces the vault's chain (environment "") or an environment's. */
	links(environment: string, links: readonly Link[]): this {
		this.document =
			environment === ""
				? { ...this.document, links }
				: withSection(this.document, { ...this.section(environment), links });
		return this;
	}

	add(member: Identity, role: Role, name: string, environment = PRODUCTION, by: Identity = alice): this {
		const { state, section } = this.verified(environment);
		const last = section.links.at(-1);
		if (!last) throw new Error("empty chain");
		const added = { ...member.publicKeys, name, role };
		const link = makeAddMember(state, last, this.keys(environment, by), by, added);
		return this.links(environment, [...section.links, link]);
	}

	/** Starts an epoch like a writer who removes members, and re-encrypts every record without a new version. */
	epoch(
		removed: readonly Identity[],
		change: (words: EpochWords) => EpochWords = (words) => words,
		by = alice,
	): this {
		const { state, section } = this.verified();
		const before = openKeys(state, by);
		const key = newEnvironmentKey();
		const id = newEpochId(state.epoch.number + 1);
		const members = remaining(state.members.values(), removed);
		const words = change({
			id,
			commitment: commitmentOf(key, state.vaultId, state.name, id),
			previousKey: sealPreviousKey(before.key, key, state, id),
			removed:
				removed
					.map(({ publicKeys }) => publicKeys.sign)
					.sort()
					.join(",") || "-",
			wraps: members.map(({ sign, box }) => `${sign}:${wrapKey(key, box)}`).join(","),
		});
		const { commitment, previousKey, wraps } = words;
		const keys: EnvironmentKeys = { epoch: id, key, keyOf: (asked) => (asked === id ? key : undefined) };
		const records = [...section.records.values()].map((record) => {
			const { name, version, since } = record;
			return sealRecord(state, keys, by, { name, version, since, value: openRecord(state, before, record) });
		});
		this.link(PRODUCTION, ["epoch", words.id, commitment, previousKey, words.removed, wraps], by);
		this.document = withRecords(this.document, PRODUCTION, records);
		return this;
	}

	seal(
		name: string,
		value: string | undefined,
		environment = PRODUCTION,
		by: Identity = alice,
	): SealedRecord {
		const { state, section } = this.verified(environment);
		const version = 1 + (section.records.get(name)?.version ?? 0);
		return sealRecord(state, this.keys(environment, by), by, { name, version, value });
	}

	/** Sets a value; undefined deletes. */
	set(name: string, value: string | undefined, environment = PRODUCTION, by: Identity = alice): this {
		this.document = withRecords(this.document, environment, [this.seal(name, value, environment, by)]);
		return this;
	}

	/** The same vault parsed from its text, so that every record and link has its line. */
	reread(): this {
		this.document = parseVault(this.text);
		return this;
	}
}

/** Every live value of every environment, verified, as `ENVIRONMENT/NAME`. */
export function openEverything(document: VaultDocument, who: Identity): Map<string, string> {
	const values = new Map<string, string>();
	for (const environment of document.environments.keys()) {
		const { state, section } = verifyChains(document, environment);
		const keys = openKeys(state, who);
		for (const record of section.records.values()) {
			verifyRecord(state, record);
			const value = openRecord(state, keys, record);
			if (value !== undefined) values.set(`${environment}/${record.name}`, value);
		}
	}
	return values;
}

/**
 * Every live value of the environments that somebody is a member of, as rows sorted by environment and name. All chains
 * and records are verified.
 * @throws AppError `NOT_A_MEMBER` if there is no such environment
 */
export function openVault(document: VaultDocument, who: Identity): [string, string, string][] {
	const { environments } = verifyRoot(document.vaultId, document.links);
	const values: [string, string, string][] = [];
	let stranger: AppError | undefined;
	let opened = 0;
	for (const name of [...new Set([...environments.keys(), ...document.environments.keys()])].sort()) {
		const { state, section } = verifyChains(document, name);
		let keys: EnvironmentKeys | undefined;
		try {
			keys = openKeys(state, who);
			opened++;
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "NOT_A_MEMBER") throw error;
			stranger = error;
		}
		for (const record of section.records.values()) {
			verifyRecord(state, record);
			const value = keys && openRecord(state, keys, record);
			if (value !== undefined) values.push([name, record.name, value]);
		}
	}
	if (stranger && opened === 0) throw stranger;
	return values;
}

/**
 * Three environments, two epochs, four members (one of them removed), a tombstone, an empty and a long value.
 */
export function teamVault(): VaultMaker {
	const maker = new VaultMaker()
		.environment("preview")
		.environment("staging")
		.add(bob, "writer", "bob")
		.add(carol, "reader", "carol")
		.add(dave, "writer", "dave")
		.set("API_KEY", "sk_live_0123456789")
		.set("EMPTY", "")
		.set("GONE", "was here")
		.set("GONE", undefined)
		.set("LONG", "é".repeat(100))
		.set("SET_BY_DAVE", "dave", PRODUCTION, dave)
		.epoch([dave])
		.set("API_KEY", "sk_live_9876543210")
		.set("SET_BY_BOB", "line one\nline two\u0000", PRODUCTION, bob);
	maker.set("API_KEY", "sk_test_preview", "preview").set("ONLY_HERE", "here", "preview");
	return maker.reread();
}
