/** The records of backups in a data directory: a file for each, so that two backups at a time lose none. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "../../../crypto.ts";
import type { BackupRecord } from "../../../protocol/nodes.ts";
import { writeDurably } from "../durable.ts";
import { readRecords, recordName, surplus } from "./records.ts";

const FOLDER = "backups";
const ENDING = ".json";

async function namesIn(folder: string): Promise<string[]> {
	const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw error;
	});
	return names.filter((name) => name.endsWith(ENDING));
}

/** Adds a record, and removes the oldest if there are too many. @throws the system's error */
export async function addRecordFile(directory: string, record: BackupRecord): Promise<void> {
	const folder = join(directory, FOLDER);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const name = recordName(record, Buffer.from(randomBytes(6)).toString("hex")) + ENDING;
	await writeDurably(folder, folder, name, Buffer.from(`${JSON.stringify(record)}\n`));
	for (const old of surplus(await namesIn(folder))) await rm(join(folder, old), { force: true });
}

/** The records, the newest first. @throws the system's error */
export async function readRecordFiles(directory: string): Promise<BackupRecord[]> {
	const folder = join(directory, FOLDER);
	const names = await namesIn(folder);
	// One that is removed meanwhile is the oldest.
	const texts = names.map((name) => readFile(join(folder, name), "utf8").catch(() => ""));
	return readRecords(await Promise.all(texts));
}
