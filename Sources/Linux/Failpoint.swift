// SPDX-License-Identifier: Apache-2.0

/// A point between two durable steps, at which a test can have the program killed.
///
/// One of `...Due` comes before its step, the others after what their name says. `MARTLET_FAILPOINT` arms one (see
/// `FailpointArming`); while none is armed a point costs one comparison.
public enum Failpoint: String, CaseIterable, Sendable {
    // The agent begins.
    case stateUnnamed, stateNamed, foldersClaimed, keeperSupervised, keeperConnected, recordsOpened,
        adoptionDue, adoptionDone, recallDone, imagesReady, namesReady, idRangeOpened, idRangeParked,
        instanceAdopted, strangersGone, pipesSwept, foldersSwept, resumeDue, resumeDone

    // Records and small files.
    case commitDue, commitStored, commitCopied, rowsCleared, rowsInserted, rowsCommitted, databaseMade,
        databaseFilled, databaseSetAside, databaseRenamed, databaseSynced, copyDue, copyWritten,
        copyRemoved, fileDue, fileWritten, fileRenamed

    // A desired state is accepted, an earlier one reinstated, the claims of its images.
    case applyDue, pinDue, pinDone, acceptDone, acceptTold, applyDone, pinWritten, pinSynced, pinRenamed,
        reinstateDue, reinstateAccepted, reinstateUnstopped, reinstateDone

    // A rollout and its way back.
    case rolloutPlanned, rolloutBegun, confirmDue, confirmDone, rolloutEnded, failureSeen, giveUpDue,
        giveUpDone, returnDue, returnDone, walkDue, walkPublished, removalsDone, stepDue, stepDone,
        settleDue, settleDone, walkDone, replaceStopped, replaceRemoved, replaceCreated, generationDue,
        generationSaved

    // One container takes the place of another.
    case successorMade, successorStarted, successorReady, successorSaved, successorPublished,
        successorNamed, elderDrained, elderStopped, elderRemoved

    // An app goes.
    case teardownPlanned, teardownDue, forgetDue, forgetDone, forgetTold, removalDue, removalDone, removeDue,
        removeSaved

    // A container: made, started, stopped, removed.
    case idClaimed, createDue, createSaved, launchDue, launchDone, launchTold, groupDue, groupMade, logsDue,
        logsOpened, launchPrepared, launchConnected, launchReleased, scratchEmptied, scratchMade,
        scratchReady, stopDue, stopRetired, stopDrained, endDue, endAsked, removeStopped, removeCleaned,
        layerRemoved, recordRemoved, idReleased, hookEnded, readyDue, readySaved, exitSeen,
        exitSaved, exitAcknowledged, exitCleaned, exitTold, interfacesReleased, logsClosed, groupRemoved,
        limitDue, limitApplied, limitSaved

    // Its log.
    case pipesMade, pipeParked, spoolMade, captureBegun, logsPruned, captureEnded, pipesUnparked

    // Volumes.
    case volumeMade, volumeDataMade, volumeDataOwned, volumeDataReady

    // A volume and its store: packs, records, branches, what is swept.
    case volumeCutEnded, volumePackDue, volumePackSent, volumeRecordDue, volumeRecordMade, volumeBranchDue,
        volumeSweepDue, volumeSweepListed, volumeSweepDone

    // Networks of an app and who is on them.
    case networkDue, networkDefined, networkMade, networkServed, networkUnnamed, networkUnparked,
        networkUndefined, networkRemoved, nameSocketsMade, nameSocketParked, nameSocketsParked, attachDone,
        addressDue, addressSaved, portsPublished

    // Bridges, interfaces, rules.
    case vethDue, vethMade, vethConfigured, vethLabelled, vethRulesLoaded, vethEnslaved, vethHairpinned,
        interfaceUp, interfaceRouted, vethDeleteDue, vethRulesDue, bridgeDue, bridgeMade,
        bridgeLabelled, bridgeTuned, bridgeAddressed, bridgeRulesDue, bridgeRulesLoaded, bridgeUp, portsDue,
        portsLoaded, bridgeDeleteDue, bridgeDeleted, bridgeRulesRemoved

    // Requests to the keeper.
    case prepareDue, prepareDone, releaseDue, releaseDone, parkDue, parkDone, unparkDue, unparkDone

    // Plans that wait.
    case planDue, planKept, planForgetDue, planForgotten

    // What comes from sources.
    case memoryWritten, memorySynced, memoryRenamed, memoryKept, intakeDecided, intakeRemembered,
        withdrawalDue, withdrawalDone, arrivalDue, arrivalDone, intakeSaved

    // A release that is tried.
    case releaseProposed, trialDue, trialConfirmed

    // The first boot of a node.
    case provisionStaging, provisionStaged, provisionBegun, provisionPlaced, provisionSettled,
        provisionCleared, provisionMarked, provisionReturned, provisionForgotten

    private static let arming = FailpointArming()

    /// What is wrong with `MARTLET_FAILPOINT`; nil if nothing is.
    public static var fault: String? { arming?.fault }

    /// Ends the program as SIGKILL does if this point is armed, and its time has come.
    public func reach() { Self.arming?.reach(self) }
}
