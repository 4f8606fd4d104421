/** Clients with a bug. */
import { AppError } from "../../../../src/errors.ts";
import { type Change, nextHead } from "../../../../src/protocol/change.ts";
import type { ChangeEvent } from "../../../../src/protocol/messages.ts";
import { Remote } from "../../../../src/sync/client/platform-client.ts";
import { plainRemote, type RemoteMaker } from "../devices/device.ts";
import type { Plant } from "../plants.ts";

/** Treats a response that broke off as the expected one. */
class CredulousRemote extends Remote {
	override async *appendChange(app: string, change: Change): AsyncGenerator<ChangeEvent> {
		let isAccepted = false;
		try {
			for await (const event of super.appendChange(app, change)) {
				isAccepted ||= event.type === "accepted";
				yield event;
			}
			return;
		} catch (error) {
			if (!(error instanceof AppError) || error.exit !== 6) throw error;
		}
		if (!isAccepted) yield { type: "accepted", ...nextHead(change.base, change), since: [], repeat: false };
		yield { type: "done", untouched: [] };
	}
}

export function plantedRemote(plant: Plant): RemoteMaker {
	return plant === "believedCut" ? (options) => new CredulousRemote(options) : plainRemote;
}
