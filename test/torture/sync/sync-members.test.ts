import { testTorture } from "../in-short.ts";
import { torture } from "./sync-members.torture.ts";

testTorture(torture, { seed: 1 });
