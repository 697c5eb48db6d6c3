// What a person does whose lane cannot go on, for its numbers could not be compared.

/** Names what `changed`, and the way on from the file of `best`, the experiment on the tip. */
export function anotherLane(lane: string, best: string, changed: string): string {
  return [
    `lane ${lane} stops: ${changed}`,
    'Numbers measured now cannot be compared with its rows',
    `To go on, begin a new lane from its newest keep, ${best}: autoresearch dev --lane NAME --from ${lane}`,
    'Give the --dir and --store of this lane, too; what else it was begun with is taken over',
    `On a cluster, add a lane with from: ${lane} to the values`,
    'Or return to the release, the machine and the settings that began this lane',
  ].join('. ');
}
