/** The records of backups in etcd, where all nodes see them: a key for each, so that two backups at a time lose none. */
import { randomUUID } from "node:crypto";
import { fromUtf8, utf8 } from "../../../bytes.ts";
import type { BackupRecord } from "../../../protocol/nodes.ts";
import { readRecords, recordName, surplus } from "../backups/records.ts";
import type { EtcdClient } from "./api/client.ts";
import type { Keys } from "./keys.ts";
import { pages, put, remove, transact } from "./transactions.ts";

/** Adds a record, and removes the oldest if there are too many. @throws AppError as `EtcdClient.call` */
export async function addRecordKey(client: EtcdClient, keys: Keys, record: BackupRecord): Promise<void> {
	const key = keys.backup(recordName(record, randomUUID()));
	await transact(client, { do: [put(key, utf8(JSON.stringify(record)))] });
	const names: string[] = [];
	for await (const { kvs } of pages(client, keys.backups))
		names.push(...kvs.map((pair) => keys.nameIn("backups/", pair.key)));
	for (const old of surplus(names)) await transact(client, { do: [remove({ key: keys.backup(old) })] });
}

/** The records, the newest first. @throws AppError as `EtcdClient.call` */
export async function readRecordKeys(client: EtcdClient, keys: Keys): Promise<BackupRecord[]> {
	const texts: string[] = [];
	for await (const { kvs } of pages(client, keys.backups))
		texts.push(...kvs.map(({ value }) => fromUtf8(value) ?? ""));
	return readRecords(texts);
}
