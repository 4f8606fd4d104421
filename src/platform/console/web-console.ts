/** The web console of a platform: its files and its sessions. */
import { builtPath } from "../machine/assets.ts";
import type { Clock } from "../machine/clock.ts";
import type { Store } from "../store/store.ts";
import type { TokenRegistry } from "../tokens/tokens.ts";
import { ConsolePages } from "./pages.ts";
import { ConsoleSessions } from "./sessions.ts";

export interface WebConsole {
	readonly pages: Pick<ConsolePages, "answer">;
	readonly sessions: ConsoleSessions;
}

export interface ConsolePorts {
	readonly clock: Clock;
	readonly store: Pick<Store, "lease">;
	readonly tokens: Pick<TokenRegistry, "find">;
}

/** The console of a platform. @param identity with the key for stored state: 32 bytes */
export function openWebConsole(
	{ clock, store, tokens }: ConsolePorts,
	{ stateKey }: { readonly stateKey: Uint8Array },
): WebConsole {
	return {
		pages: new ConsolePages(builtPath("console")),
		sessions: new ConsoleSessions({ stateKey, store, tokens, now: clock.now }),
	};
}
