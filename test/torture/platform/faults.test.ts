import { testTorture } from "../in-short.ts";
import { torture } from "./faults.torture.ts";

testTorture(torture, { seed: 1, plants: ["nothing is synced to the disk"] });
