/** Devices with a planted bug: its effects on their files. */

import { editEnvironment } from "../../../../src/project/session/edit-environment.ts";
import { withRecords } from "../../../../src/vault/document/document.ts";
import type { SealedRecord } from "../../../../src/vault/records/record.ts";
import { sealRecord } from "../../../../src/vault/records/seal.ts";
import type { Plant } from "../plants.ts";
import { type Device, ENVIRONMENT } from "./device.ts";

/** As if the device forgot that the platform has its records. */
async function forgetBase({ context }: Device): Promise<void> {
	await editEnvironment(context, (session) => {
		session.checkout.platform?.base.clear();
		return { result: undefined, remember: (now) => session.remember(now, [], { always: true }) };
	});
}

/** As if the device encrypted every value again, as a new version. */
async function countOn({ context }: Device): Promise<void> {
	await editEnvironment(context, (session, { document }) => {
		const { keys, verified } = session;
		const anew = (record: SealedRecord) => {
			const { name, version } = record;
			const secret = { name, version: version + 1, value: session.open(record) };
			return sealRecord(verified.state, keys, context.identity, secret);
		};
		const records = [...verified.section.records.values()].map(anew);
		const remember = async () => {};
		return { document: withRecords(document, ENVIRONMENT, records), result: undefined, remember };
	});
}

/** Applies the planted bug's effect to a device that has just synced. @returns whether there was such a bug */
export async function afterSync(device: Device, plant: Plant | undefined): Promise<boolean> {
	if (plant === "forgottenBase") await forgetBase(device);
	else if (plant === "idleVersion") await countOn(device);
	else return false;
	return true;
}
