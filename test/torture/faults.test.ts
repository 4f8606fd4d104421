import { torture } from "./faults.torture.ts";
import { testTorture } from "./in-short.ts";

testTorture(torture, { seed: 1, plants: ["nothing is synced to the disk"] });
