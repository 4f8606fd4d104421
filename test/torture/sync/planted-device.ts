/** Devices with a bug: what they would leave in their files. */

import { editVault } from "../../../src/project/files/vault-file.ts";
import { openSession } from "../../../src/project/session/session.ts";
import { withRecords } from "../../../src/vault/document/document.ts";
import type { SealedRecord } from "../../../src/vault/records/record.ts";
import { sealRecord } from "../../../src/vault/records/seal.ts";
import { type Device, ENVIRONMENT } from "./device.ts";
import type { Plant } from "./plants.ts";

/** As if the device forgot, of every record, that the platform has it. */
async function forgetBase({ context }: Device): Promise<void> {
	await editVault(
		context.root,
		async (loaded) => {
			const session = await openSession(loaded, context);
			session.checkout.platform?.base.clear();
			return { result: session };
		},
		(now, session) => session.remember(now, [], { always: true }),
	);
}

/** As if the device sealed every value anew, as another version. */
async function countOn({ context }: Device): Promise<void> {
	await editVault(
		context.root,
		async (loaded) => {
			const session = await openSession(loaded, context);
			const { keys, verified } = session;
			const anew = (record: SealedRecord) => {
				const { name, version } = record;
				const secret = { name, version: version + 1, value: session.open(record) };
				return sealRecord(verified.state, keys, context.identity, secret);
			};
			const records = [...verified.section.records.values()].map(anew);
			return { document: withRecords(loaded.document, ENVIRONMENT, records), result: undefined };
		},
		async () => {},
	);
}

/** Lets a device that has just synced do what the bug makes it do. @returns whether there was such a bug */
export async function afterSync(device: Device, plant: Plant | undefined): Promise<boolean> {
	if (plant === "forgottenBase") await forgetBase(device);
	else if (plant === "idleVersion") await countOn(device);
	else return false;
	return true;
}
