# Tests of media parts.
package guard_test

import data.guard

image := {"kind": "image", "source": "remote", "type": "", "host": "example.com", "count": 1, "bytes": 0}

test_an_image_for_a_model_of_text_is_denied_with_its_code if {
	decision := guard.request with input.media as [image] with input.modalities as ["text"]
	some denial in decision.deny
	denial.code == "modality_not_declared"
}

test_an_image_for_a_model_of_images_is_allowed if {
	decision := guard.request with input.media as [image] with input.modalities as ["text", "image"]
	count(decision.deny) == 0
}

test_text_needs_no_declaration if {
	decision := guard.request with input.media as [] with input.modalities as ["text"]
	count(decision.deny) == 0
}

test_an_image_is_denied_where_nothing_is_declared if {
	decision := guard.request with input.media as [image]
	some denial in decision.deny
	denial.code == "modality_not_declared"
}

test_a_part_of_no_kind_is_denied if {
	decision := guard.request with input.media as [object.remove(image, ["kind"])] with input.modalities as ["text"]
	some denial in decision.deny
	denial.code == "modality_not_declared"
}
