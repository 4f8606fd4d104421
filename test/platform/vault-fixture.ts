import { cryptoReady, KEY_BYTES, randomBytes } from "../../src/crypto.ts";
import { type Identity, identityOf } from "../../src/identity/identity.ts";
import {
	type Change,
	type Head,
	type Header,
	type LogContext,
	makeChange,
} from "../../src/protocol/change.ts";
import { openKeys } from "../../src/vault/chains/environment-keys.ts";
import type { Role } from "../../src/vault/chains/membership.ts";
import { createVault, makeAddMember } from "../../src/vault/document/create.ts";
import type { VaultDocument } from "../../src/vault/document/document.ts";
import { verifyChains } from "../../src/vault/document/document.ts";
import { formatRecord, type SealedRecord } from "../../src/vault/records/record.ts";
import { sealRecord } from "../../src/vault/records/seal.ts";
import { makeEntry } from "../../src/vault/requests/answers.ts";
import { printEntry } from "../../src/vault/requests/entry.ts";

await cryptoReady;

export const ENVIRONMENT = "production";

export function newTestIdentity(): Identity {
	return identityOf(randomBytes(KEY_BYTES));
}

/** A writer's vault on a device, and the changes that the device would send. */
export class TestVault {
	readonly writer: Identity;
	document: VaultDocument;

	constructor(writer: Identity = newTestIdentity()) {
		this.writer = writer;
		this.document = createVault(ENVIRONMENT, { ...writer.publicKeys, name: "writer" }, writer);
	}

	get vaultId(): string {
		return this.document.vaultId;
	}

	get section() {
		const section = this.document.environments.get(ENVIRONMENT);
		if (section === undefined) throw new Error("The vault has no section.");
		return section;
	}

	get header(): Header {
		return {
			vault: this.document.links.map((link) => link.text),
			environment: this.section.links.map((link) => link.text),
		};
	}

	context(app: string): LogContext {
		return { app, vaultId: this.vaultId, environment: ENVIRONMENT };
	}

	add(member: Identity, role: Role, name: string, by: Identity = this.writer): this {
		const { state } = verifyChains(this.document, ENVIRONMENT);
		const keys = openKeys(state, by);
		const last = this.section.links.at(-1);
		if (last === undefined) throw new Error("The chain is empty.");
		const link = makeAddMember(state, last, keys, by, { ...member.publicKeys, name, role });
		const section = { ...this.section, links: [...this.section.links, link] };
		this.document = {
			...this.document,
			environments: new Map(this.document.environments).set(ENVIRONMENT, section),
		};
		return this;
	}

	/** @param value undefined makes a tombstone */
	record(name: string, version: number, value: string | undefined, by: Identity = this.writer): SealedRecord {
		const { state } = verifyChains(this.document, ENVIRONMENT);
		return sealRecord(state, openKeys(state, by), by, { name, version, value });
	}

	/** The text of a request for a secret. @param by a name without a signature; the writer signs by default */
	request(name: string, reason: string, by?: string): string {
		const at = new Date(Date.now() - 7_200_000).toISOString();
		const content = {
			kind: "request",
			name,
			environment: ENVIRONMENT,
			reason,
			seen: 0,
			answers: "",
			at,
		} as const;
		const signing = by === undefined ? this.writer.signing : undefined;
		return printEntry(makeEntry(this.vaultId, { ...content, by: by ?? "writer" }, signing));
	}

	change(
		app: string,
		base: Head,
		records: readonly SealedRecord[],
		{ header = null, by = this.writer }: { header?: Header | null; by?: Identity } = {},
	): Change {
		return makeChange(this.context(app), base, { header, records: records.map(formatRecord) }, by);
	}
}
