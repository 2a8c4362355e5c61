# What waits for an administrator before it is forwarded. Further files add reasons by rules of the same name.
package guard

import data.guard.settings

approval_reasons contains "the model needs approval" if input.model in settings.approval_models

further["require_approval"] := {"reason": concat("; ", sort(approval_reasons))} if count(approval_reasons) > 0
