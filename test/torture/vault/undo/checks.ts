/** The conditions at the end of every walk. */
import { AppError } from "../../../../src/errors.ts";
import { loadVault } from "../../../../src/project/files/vault-file.ts";
import { listTexts, readTexts } from "../../../../src/project/git/history/vault-texts.ts";
import { environmentNames } from "../../../../src/project/members/environments.ts";
import { readSession } from "../../../../src/project/secrets/edit-secrets.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { formatRecord, type SealedRecord } from "../../../../src/vault/records/record.ts";
import type { World } from "./world.ts";

/** The records of the file, by environment and name; empty if the file is in conflict. */
export function recordsIn(text: string): Map<string, SealedRecord> {
	const records = new Map<string, SealedRecord>();
	try {
		for (const section of parseVault(text).environments.values())
			for (const record of section.records.values()) records.set(`${section.name} ${record.name}`, record);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
	}
	return records;
}

/** Everything that git or the platform stores, in one text. */
async function storedElsewhere(world: World): Promise<string> {
	const place = { folder: world.repository.root, variables: world.repository.variables };
	const texts: string[] = [];
	const { kept } = await listTexts(place);
	await readTexts(place, kept, (_, text) => texts.push(text));
	const entries = await world.platform.entries(0);
	return [
		...texts,
		...entries.map(({ body }) => (JSON.parse(body) as { records?: string[] }).records?.join("\n") ?? body),
	].join("\n");
}

/**
 * The lost values: they were in the file, are not in it in the same or a later version, and are stored
 * nowhere else.
 */
export async function lostBetween(world: World, before: string, after: string): Promise<string[]> {
	const [was, is] = [recordsIn(before), recordsIn(after)];
	if (is.size === 0 && was.size > 0) return [];
	const missing = [...was].filter(([key, record]) => {
		const now = is.get(key);
		return !now || (now.version <= record.version && now.body !== record.body && now.epoch === record.epoch);
	});
	if (missing.length === 0) return [];
	const stored = await storedElsewhere(world);
	return missing
		.filter(([, record]) => !stored.includes(formatRecord(record)) && !stored.includes(record.body))
		.map(([key]) => key);
}

/** Opens every value of every environment of which the device's identity is a member. */
export async function unreadable(world: World): Promise<string[]> {
	const faults: string[] = [];
	for (const environment of environmentNames((await loadVault(world.repository.root)).document)) {
		try {
			const { session } = await readSession(world.context(environment));
			for (const record of session.verified.section.records.values()) session.open(record);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			if (error.code !== "NOT_A_MEMBER") faults.push(`${environment}: ${error.code} ${error.message}`);
		}
	}
	return faults;
}

/** Members that this device removed, that are in the file again, and that no command has named. */
export async function letInUnseen(world: World): Promise<string[]> {
	const { document } = await loadVault(world.repository.root);
	const unseen: string[] = [];
	for (const removed of world.removed) {
		const [environment = "", name = ""] = removed.split(" ");
		if (
			!document.environments.has(environment) ||
			world.namedMembers.has(name) ||
			world.namedMembers.has(environment)
		)
			continue;
		const { session } = await readSession(world.context(environment)).catch((error: unknown) => {
			if (error instanceof AppError) return { session: undefined };
			throw error;
		});
		const members = [...(session?.verified.state.members.values() ?? [])];
		if (members.some((member) => member.name === name)) unseen.push(removed);
	}
	return unseen;
}
