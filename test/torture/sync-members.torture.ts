/** As `sync.torture.ts`; and members come and leave while others have changes that are not sent. */
import { PROFILES } from "./sync/profiles.ts";
import { simulation } from "./sync/torture.ts";

export const torture = simulation("sync while members come and leave", {
	profiles: [PROFILES.members],
	rounds: { short: 10, long: 1_500 },
	plants: ["idleVersion"],
});
