# Who asks.
package guard.lib.identity

# Those of the members of input.identity named (tenant, key, tier) that are empty or not there.
lacking(members) := {member |
	some member in members
	object.get(input.identity, member, "") == ""
} if {
	input.identity
} else := {member | some member in members}

# Those of the claims named that the client's token does not have.
lacking_claims(claims) := {claim |
	some claim in claims
	object.get(input.identity, ["claims", claim], "") == ""
} if {
	input.identity
} else := {claim | some claim in claims}
