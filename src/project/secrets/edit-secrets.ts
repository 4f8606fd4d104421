/** Sets, deletes and reads secrets of one environment in the vault. `sync/` sends them to a platform. */

import { AppError, EXIT } from "../../errors.ts";
import { requireWriter } from "../../vault/document/create.ts";
import { withRecords } from "../../vault/document/document.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { loadVault } from "../files/vault-file.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import { openEnvironment, readingOf } from "../session/open-session.ts";
import { environmentRecreated } from "../session/recreated-environment.ts";
import { restoring } from "../session/restoring.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { listingHint, secretNotFound, shownName } from "./secret-not-found.ts";

export interface EditOutcome {
	/** Names with a new value; sorted. */
	readonly changed: string[];
	/** Names that had this value already; sorted. */
	readonly unchanged: string[];
	readonly warnings: readonly string[];
}

/**
 * @throws AppError `NOT_A_WRITER` (exit 3), `EPOCH_OLDER` (exit 7) if this device has seen a newer epoch than
 *   the file's
 */
export function requireEditable(session: VaultSession): void {
	requireWriter(session.verified.state, session.context.identity);
	const seen = session.memory.pin?.epoch ?? 0;
	const { epoch, name } = session.verified.state;
	if (session.isOfEarlierLifetime) throw environmentRecreated(name);
	if (epoch.number >= seen) return;
	throw new AppError({
		code: "EPOCH_OLDER",
		message: `Environment '${name}' is at epoch ${epoch.number} in this file; this device has seen epoch ${seen}, made when a member was removed.`,
		hint: "The removed member could read a value that is sealed now. To find the newer file: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/**
 * Whether the vault already has this value under this name. An `undefined` value stands for a tombstone. Ignores a
 * record whose author was removed: a member confirms its value by setting it again.
 */
export function hasValue(session: VaultSession, name: string, value: string | undefined): boolean {
	const { section, state } = session.verified;
	const record = section.records.get(name);
	return record !== undefined && state.epoch.writers.has(record.author) && session.value(name) === value;
}

/**
 * Writes values into the vault with one replacement of the file. An `undefined` value deletes the name.
 * @param check throws to leave the vault unchanged
 */
async function edit(
	context: SessionContext,
	secrets: ReadonlyMap<string, string | undefined>,
	check: (session: VaultSession) => void = () => undefined,
): Promise<EditOutcome> {
	return editEnvironment(context, (session, { document: before }) => {
		requireEditable(session);
		check(session);
		const { verified, keys, warnings } = session;
		const unchanged: string[] = [];
		const written: SealedRecord[] = [];
		for (const [name, value] of secrets) {
			if (hasValue(session, name, value)) unchanged.push(name);
			else
				written.push(
					sealRecord(verified.state, keys, context.identity, {
						name,
						version: session.nextVersion(name),
						value,
					}),
				);
		}
		const document = written.length > 0 ? withRecords(before, context.environment, written) : undefined;
		const changed = written.map((record) => record.name).sort();
		return { document, written, result: { changed, unchanged: unchanged.sort(), warnings } };
	});
}

/**
 * Seals values into the vault. A name that has its value already is not changed.
 * @throws AppError exit 2 for an invalid name or value; nothing is written then
 */
export async function setSecrets(
	context: SessionContext,
	secrets: ReadonlyMap<string, string>,
): Promise<EditOutcome> {
	const warnings: string[] = [];
	for (const [name, value] of secrets) {
		const { warning } = checkSecretName(name);
		checkValue(name, value);
		if (warning !== undefined) warnings.push(warning);
	}
	const outcome = await edit(context, secrets);
	return { ...outcome, warnings: [...warnings, ...outcome.warnings] };
}

/**
 * Changes secrets of which the user saw the values: sets and deletes them in one change.
 * @param secrets values by name; undefined deletes the name
 * @param seen the values that the user saw, by name
 * @throws AppError `VAULT_CHANGED_MEANWHILE` (exit 5) if one of these secrets has another value now; what `setSecrets`
 *   throws. Nothing is written then
 */
export async function changeSeen(
	context: SessionContext,
	secrets: ReadonlyMap<string, string | undefined>,
	seen: ReadonlyMap<string, string>,
): Promise<EditOutcome> {
	const warnings: string[] = [];
	for (const [name, value] of secrets) {
		if (value === undefined) continue;
		const { warning } = checkSecretName(name);
		checkValue(name, value);
		if (warning !== undefined) warnings.push(warning);
	}
	const outcome = await edit(context, secrets, (session) => {
		const moved = [...secrets.keys()].filter((name) => session.value(name) !== seen.get(name));
		if (moved.length > 0) throw changedSince(moved);
	});
	return { ...outcome, warnings: [...warnings, ...outcome.warnings] };
}

function changedSince(names: readonly string[]): AppError {
	return new AppError({
		code: "VAULT_CHANGED_MEANWHILE",
		message: `Nothing was changed: somebody else changed ${names.join(", ")} since the editor was opened.`,
		hint: "Run the command again: it shows the present values.",
		exit: EXIT.conflict,
		names,
	});
}

/**
 * Copies secrets from another environment of the vault, under the same names.
 * @param context of the environment to copy to
 * @param names undefined for all
 * @throws AppError `SECRET_NOT_FOUND` (exit 4) that lists every missing name, or what `openSession` and
 *   `setSecrets` throw; nothing is copied then
 */
export async function copySecrets(
	context: SessionContext,
	from: string,
	names: readonly string[] | undefined,
): Promise<EditOutcome> {
	const { session, remember } = await readSession({ ...context, environment: from });
	const { records } = session.verified.section;
	if (!names) await session.expectAll();
	const values = new Map<string, string>();
	const absent: string[] = [];
	for (const name of names ?? records.keys()) {
		const value = session.value(name);
		if (value !== undefined) values.set(name, value);
		else if (names) absent.push(shownName(name));
	}
	if (absent.length > 0) throw secretNotFound(absent, from, `${listingHint(from)} Nothing was copied.`);
	await remember();
	const outcome = await setSecrets(context, values);
	return { ...outcome, warnings: [...session.warnings, ...outcome.warnings] };
}

/**
 * Functions receive a value as an environment variable, which ends at the first NUL. @throws AppError
 * `VALUE_HAS_NUL` (exit 2)
 */
export function checkValue(name: string, value: string): void {
	if (!value.includes("\0")) return;
	throw new AppError({
		code: "VALUE_HAS_NUL",
		message: `The value of ${name} contains a NUL character, which an environment variable cannot contain.`,
		hint: "Encode binary data, in base64 for example. Nothing was changed.",
		exit: EXIT.usage,
	});
}

/**
 * Deletes secrets. Each deletion leaves a tombstone.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4) that lists every missing name; nothing is deleted then
 */
export async function deleteSecrets(context: SessionContext, names: readonly string[]): Promise<EditOutcome> {
	await requireLive(context, names);
	return edit(context, new Map(names.map((name) => [name, undefined])));
}

/** @throws AppError `SECRET_NOT_FOUND` (exit 4) that lists every name without a live secret */
export async function requireLive(context: SessionContext, names: readonly string[]): Promise<void> {
	const { document } = await loadVault(context.root, readingOf(context));
	const records = document.environments.get(context.environment)?.records;
	if (records) {
		const absent = names.filter((name) => records.get(name)?.kind !== "live");
		if (absent.length > 0)
			throw secretNotFound(
				[...new Set(absent)].map(shownName),
				context.environment,
				`${listingHint(context.environment)} Nothing was deleted.`,
			);
	}
}

/** Opens an environment for reading. @throws AppError as `openSession` */
export async function readSession(
	context: SessionContext,
): Promise<{ session: VaultSession; remember(): Promise<void> }> {
	const session = await openEnvironment(context);
	return { session, remember: () => session.remember(session.loaded) };
}

/** The value and version of one secret. @throws AppError `SECRET_NOT_FOUND` (exit 4) */
export function getSecret(session: VaultSession, name: string): { value: string; version: number } {
	const record = session.verified.section.records.get(name);
	const value = record && session.open(record);
	if (record === undefined || value === undefined) {
		const { environment } = session.place;
		const isDropped = record === undefined && session.memory.marks.has(name);
		const signs = [session.context.identity.publicKeys.sign];
		const { words, command } = restoring(session.verified.state, signs, { environment, name, what: "it" });
		const hint = `This device has seen it before, and has seen no deletion. ${words}: ${command}`;
		throw secretNotFound([shownName(name)], environment, isDropped ? hint : undefined);
	}
	return { value, version: record.version };
}
