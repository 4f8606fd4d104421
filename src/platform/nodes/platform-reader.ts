/** Applies the stream `platform`, which three readers fold: apps, their hosts and tokens. */
import type { Apps } from "../apps/apps.ts";
import type { HostNames } from "../apps/host-names.ts";
import { PLATFORM_STREAM } from "../events/events.ts";
import type { Store } from "../store/store.ts";
import type { TokenRegistry } from "../tokens/tokens.ts";

export interface PlatformStreams {
	readonly sealed: Pick<Store, "read">;
	readonly apps: Apps;
	readonly hosts: HostNames;
	readonly tokens: TokenRegistry;
}

export class PlatformReader {
	readonly #streams: PlatformStreams;
	/** The catch-up that has not begun to read yet. */
	#waiting: Promise<number> | undefined;
	#reading: Promise<unknown> = Promise.resolve();

	constructor(streams: PlatformStreams) {
		this.#streams = streams;
	}

	/** Whether all readers have applied everything. Mostly they have, so that one read is enough for all of them. */
	async #isAtEnd(): Promise<boolean> {
		const { apps, hosts, sealed, tokens } = this.#streams;
		const { revision } = tokens;
		const isSame = () =>
			[tokens.revision, hosts.caughtUpTo, apps.caughtUpTo].every((each) => each === revision);
		return isSame() && (await sealed.read(PLATFORM_STREAM, revision, 1)).length === 0 && isSame();
	}

	/** Calls that come before a catch-up begins to read share it. @returns the last entry that every reader has applied */
	catchUp(): Promise<number> {
		if (this.#waiting !== undefined) return this.#waiting;
		const { apps, hosts, tokens } = this.#streams;
		const catchUp = this.#reading.then(async () => {
			this.#waiting = undefined;
			if (await this.#isAtEnd()) return tokens.revision;
			await Promise.all([tokens.catchUp(), hosts.catchUp()]);
			const { revision } = tokens;
			await apps.catchUp();
			return revision;
		});
		this.#waiting = catchUp;
		this.#reading = catchUp.catch(() => undefined);
		return catchUp;
	}
}
