/** After a deployment, the automations of its app are read again, and those of no other app. */
import { expect, test } from "vitest";
import { cron, MINUTE_MS, worldWith } from "./scheduler-fixture.ts";

test("a change of one app's automations leaves those of other apps awaited, and lists no other app", async () => {
	const world = worldWith(cron("a", "* * * * *"));
	world.store(cron("b", "* * * * *"), { app: "other" });
	world.scheduler.refresh("other");
	await world.pass(MINUTE_MS);
	expect(world.ran).toEqual(["a:1", "b:1"]);
	world.stored.clear();
	world.store(cron("c", "* * * * *"), { app: "other" });
	world.scheduler.refresh("other");
	await world.pass(MINUTE_MS);
	// The list of the first app was not read, so its automation is still awaited.
	expect(world.ran.slice(2)).toEqual(["a:2", "c:2"]);
	world.scheduler.refresh("shop");
	await world.pass(MINUTE_MS);
	expect(world.ran.slice(4)).toEqual(["c:3"]);
	expect(world.listed).toEqual([undefined, "other", "other", "shop"]);
});
